/**
 * Items of a subscription are paid for one by one, before they are resolved: each costs what a query for the same would.
 *
 * Who owes something waits, and what happens meanwhile waits in its outbox; after a minute the subscription ends with the cursor to
 * go on from. Few items are resolved at once on a node, the tenants in rotation, and after each its place is empty for as long as it took.
 */
import { setTimeout } from 'node:timers';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type GraphQLResolveInfo, type GraphQLSchema, Kind } from 'graphql';
import { monotonicMs } from '../../clock.ts';
import type { Account } from '../admission/billing.ts';
import { billOf } from '../admission/limits.ts';
import type { Rotation } from '../admission/rotation.ts';
import { type Ending, inDebt, type Outbox } from './outbox.ts';

/** The cost of an item beside its fields: it is executed, written out and sent by itself. */
const ITEM_COST = 30;
/** The cost of an item that was missed, and is read when the subscription begins. */
const MISSED_COST = 8;
/** Until a subscription whose item no one pays for is ended. A bucket is full again sooner. */
const MOST_WAIT_MS = 60_000;
/** Another of the same payer may have used up what there is, or have paid. */
const ASK_AGAIN_MS = 1_000;

export interface Payer {
  readonly account: Pick<Account, 'waitOf' | 'charge'>;
  /** Calls when it is an item's turn, with what ends the turn. */
  readonly line: (start: (leave: () => void) => void) => void;
  readonly cost: number;
}

interface Subscriber {
  readonly account: Account;
  readonly viewer: { readonly tenantId: string };
}

/** By its context, what ends the turn of the item that is resolved. */
const turns = new WeakMap<object, () => void>();

/** To be called when an item of this context is resolved. */
export function itemTold(context: object): void {
  turns.get(context)?.();
}

/** Changes the subscriptions of the schema. The context is one object for each subscription. */
export function billItems(schema: GraphQLSchema, rotation: Rotation): void {
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    const { subscribe } = field;
    if (subscribe === undefined) throw new Error(`${field.name} is no subscription`);
    field.subscribe = async (parent, args, context: Subscriber, info) => {
      const outbox: unknown = await subscribe(parent, args, context, info);
      if (!isOutbox(outbox)) throw new Error(`${field.name} is read from no outbox`);
      const line = rotation.lineOf(context.viewer.tenantId);
      const items = paidFor(outbox, { account: context.account, line, cost: costOf(info) });
      // What it has missed was read for it.
      context.account.charge(outbox.waiting() * MISSED_COST);
      turns.set(context, items.endTurn);
      return items;
    };
  }
}

function costOf({ schema, operation, fragments, variableValues }: GraphQLResolveInfo): number {
  const document = { kind: Kind.DOCUMENT, definitions: [operation, ...Object.values(fragments)] } as const;
  const bill = billOf({ schema, document, variableValues });
  if (bill.kind === 'TOO_MUCH') throw bill.error;
  return bill.cost + ITEM_COST;
}

/** The items of an outbox as they are paid for; `endTurn`: the last one is resolved. `mostWaitMs` is a minute. */
export function paidFor<T>(
  outbox: Outbox<T>,
  { account, line, cost }: Payer,
  mostWaitMs = MOST_WAIT_MS,
): AsyncIterableIterator<T | Ending> & { readonly endTurn: () => void } {
  let leave: (() => void) | null = null;
  let turnBeganAt = 0;
  let cursor: string | null = null;

  const endTurn = (): void => {
    // The node is left alone for as long as the item took.
    if (leave !== null) setTimeout(leave, monotonicMs() - turnBeganAt);
    leave = null;
  };

  /** Ends the subscription when that takes too long. */
  async function pay(): Promise<void> {
    const givesUpAt = monotonicMs() + mostWaitMs;
    for (let seconds = account.waitOf(); seconds > 0 && outbox.hasItem(); seconds = account.waitOf()) {
      if (monotonicMs() >= givesUpAt) {
        outbox.end(inDebt(seconds, cursor));
        return;
      }
      await sleep(Math.min(seconds * 1000, ASK_AGAIN_MS), undefined, { signal: outbox.dropped }).catch(() => undefined);
    }
    if (outbox.hasItem()) account.charge(cost);
  }

  async function takeTurn(): Promise<void> {
    leave = await new Promise<() => void>((resolve) => line(resolve));
    turnBeganAt = monotonicMs();
    await setImmediate();
    if (!outbox.hasItem()) endTurn();
  }

  const leaveOutbox = (): Promise<IteratorResult<T | Ending>> => {
    endTurn();
    return outbox.return?.() ?? Promise.resolve({ done: true, value: undefined });
  };

  return {
    endTurn,
    async next() {
      endTurn();
      await outbox.ready();
      if (outbox.hasItem()) await pay();
      if (outbox.hasItem()) await takeTurn();
      const result = await outbox.next();
      cursor = cursorOf(result.value) ?? cursor;
      return result;
    },
    return: leaveOutbox,
    throw: leaveOutbox,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function isOutbox(opened: unknown): opened is Outbox<unknown> {
  return typeof opened === 'object' && opened !== null && 'hasItem' in opened;
}

/** An item of a state has none. */
function cursorOf(item: unknown): string | null {
  return typeof item === 'object' && item !== null && 'cursor' in item && typeof item.cursor === 'string'
    ? item.cursor
    : null;
}
