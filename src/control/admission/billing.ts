/**
 * The payers of a request: its token, all tokens of its tenant together, and the network that it comes from.
 *
 * A tenant may make as many tokens as it likes, and a network may hold tokens of many tenants, so each has a bucket of its own
 * size. The operator token pays nothing: the operator must get in when the service is busy.
 */
import { createBoundedMap } from '../../bounded-map.ts';
import { clientNetwork } from '../../mail/ip.ts';
import type { Caller } from './auth.ts';

/** The sizes of their buckets, in those of a token. */
const TIMES = { operatorsTokens: 10, tenant: 4, network: 10 };
/** A wrong token has to be looked up in the database. */
const WRONG_TOKEN_COST = 500;

/** The buckets of one request; none of the operator's. */
export interface Account {
  /** Seconds until it may ask again; when that is 0, the request itself is charged. */
  begin(): number;
  /** Seconds until all of its debts are paid; 0: nothing is owed. */
  waitOf(): number;
  /**
   * The same without what this request was charged itself. Many requests may begin before one of them is paid for: whoever
   * carries one out asks first whether the others have used up what there was.
   */
  waitForOthers(): number;
  charge(cost: number): void;
  /** The same for work on a text that is new, of which less may be used at once. */
  chargeText(cost: number): void;
}

export interface Billing {
  accountOf(caller: Caller): Account;
  /** Seconds until somebody without a valid token may ask from this address. */
  waitOfStranger(address: string | null): number;
  chargeStranger(address: string | null, cost?: number): void;
}

/** A loopback address is a proxy's on this machine, or the operator's. */
function payingNetworkOf(address: string): string | null {
  const network = clientNetwork(address);
  return /^127\.|^::\/|^::1$/.test(network) ? null : network;
}

/**
 * A bucket of cost (limits.ts) for each payer, which fills again, in the memory of this node. A payer that has something left may
 * ask, whatever it costs, and waits for its debt afterwards. So a refusal costs nothing to work out, and no request is too large.
 *
 * @param nowMs a clock that never goes back
 * @param networkOf the network that an address stands for; null: it stands for all clients, as a proxy's does, and pays nothing
 */
export function createBilling(nowMs: () => number, networkOf: typeof payingNetworkOf = payingNetworkOf): Billing {
  const requests = createLimits(nowMs, CAPACITY);
  const texts = createLimits(nowMs, TEXT_CAPACITY);
  const { networks } = requests;

  const payingNetwork = (address: string | null): string | null => (address === null ? null : networkOf(address));

  function bucketsOf({ viewer, actor }: Caller, limits: Limits): readonly (readonly [RateLimit, string])[] {
    if (actor.token === null) return [];
    const network = payingNetwork(actor.clientAddress);
    const own: readonly (readonly [RateLimit, string])[] = viewer.isOperator
      ? [[limits.operatorsTokens, actor.token.id]]
      : [
          [limits.tokens, actor.token.id],
          [limits.tenants, viewer.tenantId],
        ];
    return network === null ? own : [...own, [limits.networks, network]];
  }

  return {
    accountOf(caller) {
      const [buckets, textBuckets] = [bucketsOf(caller, requests), bucketsOf(caller, texts)];
      let [own, ownText] = [0, 0];
      const waitOf = (credit = 0, textCredit = 0): number =>
        Math.max(
          0,
          ...buckets.map(([limit, payer]) => limit.waitOf(payer, credit)),
          ...textBuckets.map(([limit, payer]) => limit.waitOf(payer, textCredit)),
        );
      const charge = (cost: number): void => {
        own += cost;
        for (const [limit, payer] of buckets) limit.charge(payer, cost);
      };
      return {
        waitOf: () => waitOf(),
        waitForOthers: () => waitOf(own, ownText),
        charge,
        chargeText(cost) {
          charge(cost);
          ownText += cost;
          for (const [limit, payer] of textBuckets) limit.charge(payer, cost);
        },
        begin() {
          const seconds = waitOf();
          if (seconds === 0) for (const [limit, payer] of buckets) limit.begin(payer);
          return seconds;
        },
      };
    },
    waitOfStranger(address) {
      const network = payingNetwork(address);
      return network === null ? 0 : networks.waitOf(network);
    },
    chargeStranger(address, cost = WRONG_TOKEN_COST) {
      const network = payingNetwork(address);
      if (network !== null) networks.charge(network, cost);
    },
  };
}

/** Some three hundred pages of 50 messages, or eight hundred mutations, at once. */
const CAPACITY = 500_000;
/** The part of it for new texts: a quarter of a second of the processor, which mail needs too. */
const TEXT_CAPACITY = 100_000;
/** A dozen such pages a second, or thirty mutations, for as long as one likes. */
const REFILL_PER_SECOND = 20_000;
/** The cost of any request, whatever it asks for. */
const REQUEST_COST = 100;
/** Payers remembered; one that is forgotten has a full bucket. */
const MOST_PAYERS = 10_000;

export interface RateLimit {
  /** Seconds until this payer may ask again, rounded up; 0: now. `credit`: a cost that is taken for not charged. */
  waitOf(payer: string, credit?: number): number;
  charge(payer: string, cost: number): void;
  /** As `waitOf`; when that is 0, the request itself is charged. */
  begin(payer: string): number;
}

type Limits = ReturnType<typeof createLimits>;

function createLimits(nowMs: () => number, capacity: number) {
  return {
    tokens: createRateLimit(nowMs, 1, capacity),
    operatorsTokens: createRateLimit(nowMs, TIMES.operatorsTokens, capacity),
    tenants: createRateLimit(nowMs, TIMES.tenant, capacity),
    networks: createRateLimit(nowMs, TIMES.network, capacity),
  };
}

/**
 * @param nowMs a clock that never goes back
 * @param times the bucket of a payer is as many times larger, and fills as many times faster
 */
export function createRateLimit(nowMs: () => number, times = 1, each = CAPACITY): RateLimit {
  const [capacity, refillPerSecond] = [each * times, REFILL_PER_SECOND * times];
  const buckets = createBoundedMap<{ level: number; atMs: number }>(MOST_PAYERS);

  function levelOf(payer: string): number {
    const bucket = buckets.get(payer);
    if (bucket === undefined) return capacity;
    return Math.min(capacity, bucket.level + ((nowMs() - bucket.atMs) / 1000) * refillPerSecond);
  }

  function waitOf(payer: string, credit = 0): number {
    const level = levelOf(payer) + credit;
    return level > 0 ? 0 : Math.ceil((1 - level) / refillPerSecond);
  }

  function charge(payer: string, cost: number): void {
    // Many begun at once owe no more than one bucket.
    buckets.set(payer, { level: Math.max(levelOf(payer) - cost, -capacity), atMs: nowMs() });
  }

  return {
    waitOf,
    charge,
    begin(payer) {
      const seconds = waitOf(payer);
      if (seconds === 0) charge(payer, REQUEST_COST);
      return seconds;
    },
  };
}
