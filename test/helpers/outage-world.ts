/**
 * A queue, a delivery worker and its primaries without sockets: what tests of many random steps drive and look at.
 *
 * The database, the worker, the verbs and the clock are the real ones; only the dialogue with a primary is played, by the mode of
 * its destination. What a primary took is kept, with whether its reply was lost. A node can die in the middle of an attempt,
 * before or behind the final dot, and speak up after its expiry.
 */
import { createHostMemory } from '../../src/delivery/recovery-checks.ts';
import type { StoppableResult } from '../../src/delivery/attempt.ts';
import type { Route } from '../../src/delivery/route.ts';
import { createDelivery, type Delivery } from '../../src/delivery/delivery.ts';
import type { AttemptRecord, HostTrouble, Outcome } from '../../src/mail/outcome.ts';
import { newId } from '../../src/mail/id.ts';
import { formatReply, type Reply } from '../../src/mail/reply.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { dropDeadOwnership } from '../../src/outage/owner.ts';
import { type ClaimedMessage, type Holder, releaseDeadClaims } from '../../src/queue/claim.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import type { MailEvents } from '../../src/telemetry/events.ts';
import type { TestDatabase } from './database.ts';
import { makeDestination, makeTransaction } from './mail.ts';
import { NO_EVENTS } from './no-events.ts';

/** What a primary does with all mail. LOST: takes it, and the reply never comes. */
export const MODES = [
  'UP',
  'DOWN',
  'SLOW',
  'BUSY',
  'BLOCKING',
  'DNS',
  'GREYLISTING',
  'REFUSING',
  'MIXED',
  'LOST',
] as const;
export type Mode = (typeof MODES)[number];
/** Where in the next attempt a node dies. */
export type Death = 'BEFORE_DOT' | 'BEHIND_DOT';

const HOST_TROUBLE: Readonly<Partial<Record<Mode, readonly [HostTrouble, string, isGreeted: boolean]>>> = {
  DOWN: ['REFUSED', '[connection refused]', false],
  SLOW: ['TIMEOUT', '[connection timed out]', false],
  BUSY: ['DROPPED', '421 4.7.0 too many connections', false],
  BLOCKING: ['GREETING', '554 5.7.1 go away', false],
  LOST: ['DROPPED', '[connection lost]', true],
};
const TAKEN: Reply = { code: 250, enhancedCode: '2.0.0', text: 'taken' };
const LATER: Reply = { code: 451, enhancedCode: '4.7.1', text: 'greylisted, come again' };
const NOBODY: Reply = { code: 550, enhancedCode: '5.1.1', text: 'no such user' };
const LOST_WORD: Reply = { code: 451, enhancedCode: '4.4.2', text: '[connection lost]' };

export interface Dial {
  readonly destinationId: string;
  readonly messageId: string;
}

interface Node {
  readonly holder: Holder;
  readonly delivery: Delivery;
  visits: number;
  opened: number;
  closed: number;
  death: Death | null;
  /** Speak the last words of the attempts that it died in. */
  readonly lastWords: (() => void)[];
}

export interface World {
  readonly db: TestDatabase;
  readonly destinations: readonly { readonly id: string; readonly name: string }[];
  readonly modes: Map<string, Mode>;
  /** Attempts since the world began, in order. */
  readonly dials: Dial[];
  /** `id number` of recipients that a primary took: how often, and how often the reply was lost. */
  readonly takes: Map<string, { count: number; lost: number }>;
  /** `id number` of recipients that a primary refused for good. */
  readonly refusals: Set<string>;
  readonly faults: unknown[];
  accept(at: number, recipientCount: number, sizeBytes: number): Promise<string>;
  /** A sweep; resolves when all that it brought about is recorded, or the node has died in it: then it is expired. */
  sweep(death?: Death): Promise<void>;
  /** The node stops in order, and another takes its place. */
  restart(): Promise<void>;
  /** A node that was expired speaks up, if there is one. */
  lateWord(): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(db: TestDatabase, spool: Spool, names: readonly string[]): Promise<World> {
  const { queueSql } = db.database;
  const destinations = await makeDomains(db.sql, names);
  const modes = new Map<string, Mode>();
  const dials: Dial[] = [];
  const takes: World['takes'] = new Map();
  const refusals = new Set<string>();
  const faults: unknown[] = [];
  const dead: Node[] = [];
  let epoch = 0;

  const take = ({ id, recipients }: ClaimedMessage, numbers: ReadonlySet<number>, isLost: boolean): void => {
    for (const { number } of recipients.filter((recipient) => numbers.has(recipient.number))) {
      const key = `${id} ${number}`;
      const { count, lost } = takes.get(key) ?? { count: 0, lost: 0 };
      takes.set(key, { count: count + 1, lost: lost + (isLost ? 1 : 0) });
    }
  };
  const attempt = async (node: Node, destinationId: string, message: ClaimedMessage): Promise<StoppableResult> => {
    const mode = modes.get(destinationId) ?? 'UP';
    dials.push({ destinationId, messageId: message.id });
    const all = new Set(message.recipients.map(({ number }) => number));
    const { death } = node;
    if (death !== null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      node.lastWords.push(resolve);
      if (death === 'BEHIND_DOT') take(message, all, true);
      await promise;
      return death === 'BEHIND_DOT'
        ? resultOf(message, () => TAKEN)
        : { ...troubled(message, 'LOST'), isStopped: true };
    }
    if (mode === 'LOST') take(message, all, true);
    if (HOST_TROUBLE[mode] !== undefined) return troubled(message, mode);
    const taken = mode === 'UP' ? all : mode === 'MIXED' ? new Set([0]) : new Set<number>();
    take(message, taken, false);
    if (mode === 'REFUSING') for (const number of all) refusals.add(`${message.id} ${number}`);
    return resultOf(message, (number) => (taken.has(number) ? TAKEN : mode === 'REFUSING' ? NOBODY : LATER));
  };
  const startNode = (): Node => {
    epoch += 1;
    const holder = { node: 1, epoch };
    const delivery = createDelivery({
      sql: queueSql,
      holder: () => {
        node.visits += 1;
        return holder;
      },
      findRoute: async ({ id }) => (modes.get(id) === 'DNS' ? NO_ROUTE : ROUTE),
      openAttempts: ({ destinationId }) => {
        node.opened += 1;
        return {
          attempt: (message) => attempt(node, destinationId, message),
          close: async () => {
            node.closed += 1;
          },
        };
      },
      hosts: createHostMemory(),
      inboundPriority: { wait: () => undefined },
      learn: () => undefined,
      events: eventsTo(faults),
    });
    const node: Node = { holder, delivery, visits: 0, opened: 0, closed: 0, death: null, lastWords: [] };
    return node;
  };
  let node = startNode();

  const isIdle = async ({ visits, opened, closed, holder }: Node): Promise<boolean> => {
    if (visits !== opened || opened !== closed) return false;
    const owned = await db.sql`select from destinations where owner_epoch = ${holder.epoch}`;
    return owned.length === 0;
  };
  const untilIdle = (one: Node) => until(() => isIdle(one));
  const expire = async (one: Node): Promise<void> => {
    one.delivery.abort();
    await releaseDeadClaims(db.sql, one.holder);
    await dropDeadOwnership(db.sql, one.holder);
    dead.push(one);
    node = startNode();
  };

  return {
    db,
    destinations,
    modes,
    dials,
    takes,
    refusals,
    faults,
    accept: async (at, recipientCount, sizeBytes) => {
      const { id = '', name = '' } = destinations[at] ?? {};
      const to = Array.from({ length: recipientCount }, (_, n) => ({ address: `user${n}@${name}`, destinationId: id }));
      const transaction = makeTransaction({ to, content: new Uint8Array(sizeBytes) });
      await spool.accept(transaction);
      return transaction.id;
    },
    sweep: async (death) => {
      const one = node;
      one.death = death ?? null;
      const { visits: visitsBefore } = one;
      await one.delivery.sweep();
      if (one.visits === visitsBefore) return;
      await until(async () => isDead(one) || (await isIdle(one)));
      if (isDead(one)) await expire(one);
    },
    restart: async () => {
      await node.delivery.stop(10_000);
      node = startNode();
    },
    lateWord: async () => {
      const one = dead.pop();
      if (one === undefined) return;
      one.death = null;
      for (const speak of one.lastWords) speak();
      await untilIdle(one);
    },
    close: async () => {
      for (const speak of dead.flatMap(({ lastWords }) => lastWords)) speak();
      await Promise.all(dead.map(untilIdle));
      await node.delivery.stop(10_000);
    },
  };
}

/** Dead in the middle of an attempt at every destination that it visits. */
const isDead = ({ visits, opened, closed, lastWords }: Node): boolean =>
  lastWords.length > 0 && visits === opened && opened - closed === lastWords.length;

/** Asked again at once: most lives are short of nothing but time. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('a node neither ends its visits nor dies');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const TABLES = `messages recipients contents history attempts events queue_delta outages operations reports_due domains
  destinations recipient_answers`.split(/\s+/);

/** Nothing is left of an earlier world. */
async function makeDomains(sql: TestDatabase['sql'], names: readonly string[]): Promise<World['destinations']> {
  // Few rows in many partitions: emptied sooner than cut off.
  for (const table of TABLES) await sql`delete from ${sql(table)}`;
  await sql`update service_presence set own_trouble_since = null, resumed_at = null`;
  const destinations: { id: string; name: string }[] = [];
  for (const name of names) {
    const id = await makeDestination(sql, name);
    await sql`
      insert into domains (id, tenant_id, destination_id, name, status)
      values (${newId()}, ${OPERATOR_TENANT_ID}, ${id}, ${name}, 'ACTIVE')`;
    destinations.push({ id, name });
  }
  return destinations;
}

const ROUTE: Route = {
  kind: 'HOSTS',
  hosts: [{ host: 'mx.test', addresses: [{ address: '192.0.2.1', port: 25 }], tls: 'OPPORTUNISTIC' }],
};
const NO_ROUTE: Route = { kind: 'TROUBLE', trouble: 'DNS', reply: '[DNS: SERVFAIL]' };

const RECORD = { host: 'mx.test', address: '192.0.2.1:25', tls: null, latencyMs: 1 } as const;

/** Each recipient's reply; 5yz is one to RCPT. */
function resultOf({ recipients }: ClaimedMessage, replyTo: (number: number) => Reply): StoppableResult {
  const outcomes = new Map<number, Outcome>();
  const records: AttemptRecord[] = [];
  for (const { number } of recipients) {
    const reply = replyTo(number);
    const outcome: Outcome =
      reply.code < 300
        ? { kind: 'DELIVERED', reply }
        : reply.code < 500
          ? { kind: 'DEFERRED', reply }
          : { kind: 'FAILED', reply, isAtRcpt: true };
    outcomes.set(number, outcome);
    const common = { outcome: outcome.kind, recipientNumbers: [number], isHostLevel: false, isGreeted: true };
    records.push({ ...RECORD, ...common, reply: formatReply(reply) });
  }
  return { outcomes, records, hostTrouble: null, isStopped: false };
}

function troubled({ recipients }: ClaimedMessage, mode: Mode): StoppableResult {
  const [trouble, reply, isGreeted] = HOST_TROUBLE[mode] ?? ['FAULT', '[fault]', false];
  const recipientNumbers = recipients.map(({ number }) => number);
  return {
    outcomes: new Map(recipientNumbers.map((number) => [number, { kind: 'DEFERRED', reply: LOST_WORD }])),
    records: [{ ...RECORD, trouble, reply, isGreeted, isHostLevel: true, outcome: 'DEFERRED', recipientNumbers }],
    hostTrouble: { trouble, reply },
    isStopped: false,
  };
}

function eventsTo(faults: unknown[]): MailEvents {
  return {
    ...NO_EVENTS,
    fault: ({ where, error }) => {
      faults.push(new Error(where, { cause: error }));
    },
  };
}
