/**
 * The context of every resolver: on whose behalf the request speaks, the database, the reads that the request shares, and
 * the few parts of the service that are not in the database.
 */
import { setImmediate } from 'node:timers';
import type { Sql } from '../db/client.ts';
import { type Gate, gatedSql } from '../db/gated-sql.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { Ownership } from '../doctor/ownership.ts';
import type { SetMx } from '../doctor/set-mx.ts';
import type { ZoneStanding } from '../domains/dnsbl-counts.ts';
import type { Domains } from '../domains/domains.ts';
import type { DnsblZoneSetting } from '../domains/relay-domain.ts';
import type { MxObservation } from '../mail/mx.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { WebhookSender } from '../notify/sender.ts';
import type { WebhookRules } from '../notify/webhooks.ts';
import type { MessageView, RecipientView } from '../queue/read/inspect.ts';
import type { QueueView } from '../queue/read/queues.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { ConsoleSessions } from '../tenants/console-sessions.ts';
import type { TokenCache } from '../tenants/token-cache.ts';
import type { RecipientStatuses } from '../verification/recipient-status.ts';
import type { AnswerRoom } from './admission/answer-room.ts';
import type { Caller } from './admission/auth.ts';
import type { Session } from './subscriptions/outbox.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

export interface ServiceFacts {
  readonly version: string;
  /** `bun 1.4.5`. */
  readonly runtime: string;
  /** The first of our MX names. */
  readonly mxHostname: string;
  /** PUBLIC_URL: errors and rejection codes are explained below it. */
  readonly publicUrl: string;
  /** The names that customers add to their MX records, all of them. */
  readonly mxNames: readonly string[];
  readonly egressAddresses: readonly string[];
}

export interface ServiceParts {
  readonly sql: Sql;
  /** Pinned to index scans: for statements over all that a destination holds. */
  readonly queueSql: Sql;
  readonly service: ServiceFacts;
  readonly domains: Domains;
  readonly tokens: TokenCache;
  readonly consoleSessions: ConsoleSessions;
  readonly statuses: RecipientStatuses;
  readonly ownership: Pick<Ownership, 'verify'>;
  readonly doctor: Pick<Doctor, 'check'>;
  readonly setMx: SetMx;
  /** `poke`: some delivery is due. */
  readonly webhooks: WebhookRules & Pick<WebhookSender, 'send'> & { readonly poke: () => void };
  /** Asks the DNS for a domain's MX records; trouble is the verdict UNRESOLVABLE, not an exception. */
  readonly observeMx: (domainName: string) => Promise<MxObservation>;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
  readonly events: MailEvents;
  /** Why this node is not ready, one sentence each; empty if it is. */
  readonly readiness: () => Promise<readonly string[]>;
}

export interface Context extends ServiceParts {
  readonly caller: Caller;
  /** The caller's. */
  readonly viewer: Viewer;
  /** In a subscription shared by all of the same viewer. */
  readonly load: Load;
  /** The subscriptions that are open here, the room for answers, and this request's connection. */
  readonly live: { readonly subscriptions: Subscriptions; readonly answers: AnswerRoom; readonly session: Session };
  /** The mutation that is being done, and whether its work has run or an earlier answer was given. */
  readonly mutation: { name: string; hasRun: boolean };
}

/** @param gate where the statements of the request wait for their turn */
export function createContext(parts: ServiceParts, live: Context['live'], gate: Gate): Context {
  const { caller } = live.session;
  const { viewer } = caller;
  const sql = gatedSql(parts.sql, gate);
  const load = createLoad(sql, viewer);
  return { ...parts, sql, caller, viewer, load, live, mutation: { name: '', hasRun: false } };
}

/** `Query.service`: its fields come from the context. */
export type ServiceParent = Readonly<Record<string, never>>;

export interface RecipientParent {
  readonly message: MessageView;
  readonly recipient: RecipientView;
}

/** The queue of a destination, which can be asked for more. */
export interface QueueParent extends Omit<QueueView, 'holdExtensionHours'> {
  readonly destinationId: string;
  readonly holdExtension: string;
}

/** A zone as one domain uses it. */
export interface DnsblZoneParent {
  readonly setting: DnsblZoneSetting;
  readonly standing: () => Promise<ZoneStanding>;
}

/** Finds things by their ids; what the viewer may not see is missing. */
export type ReadByIds<V> = (sql: Sql, viewer: Viewer, ids: readonly string[]) => Promise<ReadonlyMap<string, V>>;

/** Answers questions in their order. */
export type ReadEach<Q, A> = (sql: Sql, viewer: Viewer, questions: readonly Q[]) => Promise<readonly A[]>;

export interface Load {
  /** Null if there is none that the viewer may see. */
  byId<V>(read: ReadByIds<V>, id: string): Promise<V | null>;
  each<Q, A>(read: ReadEach<Q, A>, question: Q): Promise<A>;
}

/**
 * Makes one question of all that are asked of the same reader in the same moment. Lives as long as its request. Remembers nothing
 * between moments, so a mutation's effect is seen by what comes after it.
 */
export function createLoad(sql: Sql, viewer: Viewer): Load {
  const batches = new Map<unknown, (key: never) => Promise<unknown>>();

  function batchOf<K, V>(
    read: unknown,
    loadMany: (keys: readonly K[]) => Promise<readonly V[]>,
  ): (key: K) => Promise<V> {
    const batch = (batches.get(read) as ((key: K) => Promise<V>) | undefined) ?? createBatch(loadMany);
    batches.set(read, batch);
    return batch;
  }

  return {
    byId<V>(read: ReadByIds<V>, id: string): Promise<V | null> {
      const batch = batchOf(read, async (ids: readonly string[]) => {
        const found = await read(sql, viewer, [...new Set(ids)]);
        return ids.map((one) => found.get(one) ?? null);
      });
      return batch(id);
    },
    each<Q, A>(read: ReadEach<Q, A>, question: Q): Promise<A> {
      return batchOf(read, (questions: readonly Q[]) => read(sql, viewer, questions))(question);
    },
  };
}

/** Makes a loader of single answers out of one that answers many; `loadMany` keeps the order of its keys. */
function createBatch<K, V>(loadMany: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
  let waiting: { key: K; resolve: (value: V) => void; reject: (reason: unknown) => void }[] = [];

  async function loadWaiting(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      const values = await loadMany(batch.map((entry) => entry.key));
      if (values.length !== batch.length) throw new Error('a batch was answered in part');
      for (const [index, value] of values.entries()) batch[index]?.resolve(value);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      // After the microtasks that resolve the siblings of this field.
      if (waiting.length === 1) setImmediate(() => void loadWaiting());
    });
}
