/**
 * What every resolver has at hand: on whose behalf the request speaks, the database, the reads that the request shares, and
 * the few parts of the service that are not in the database.
 */
import type { Sql } from '../db/client.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { Ownership } from '../doctor/ownership.ts';
import type { SetMx } from '../doctor/set-mx.ts';
import type { Domains } from '../domains/domains.ts';
import type { MxObservation } from '../mail/mx.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { WebhookSender } from '../notify/sender.ts';
import type { WebhookRules } from '../notify/webhooks.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { TokenCache } from '../tenants/token-cache.ts';
import type { Standings } from '../verification/standing.ts';
import type { AnswerRoom } from './answer-room.ts';
import { createLoad, type Load } from './batch.ts';
import type { Caller } from './caller.ts';
import type { Session } from './subscriptions/session.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

export interface ServiceFacts {
  readonly version: string;
  /** `bun 1.4.5`. */
  readonly runtime: string;
  /** The first of our MX names. */
  readonly mxHostname: string;
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
  readonly standings: Standings;
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

export function createContext(parts: ServiceParts, live: Context['live']): Context {
  const { caller } = live.session;
  const { viewer } = caller;
  const load = createLoad(parts.sql, viewer);
  return { ...parts, caller, viewer, load, live, mutation: { name: '', hasRun: false } };
}
