/**
 * Records rejections without making a session wait: one statement for many.
 *
 * Promises that `record` never waits and never throws, whatever the database does, and that refusals in masses fill neither
 * the memory nor the disk: what a client has refused beyond 100 a minute, or a node beyond 20 a second, is only counted. So
 * are refusals while the database is away for longer than the buffer lasts. Nothing here is needed to deliver mail.
 */
import { isIP } from 'node:net';
import type { Sql } from '../db/client.ts';
import { dropOldDays } from '../db/old-days.ts';
import { isConnectionLost } from '../db/connection-lost.ts';
import { sanitizeText } from '../mail/reply.ts';

export interface NewRejection {
  /** UUIDv7; the reference in the reply. */
  readonly id: string;
  /** Both null when no served domain was concerned. */
  readonly tenantId: string | null;
  readonly destinationId: string | null;
  readonly clientAddress: string;
  readonly ehloName: string;
  /** `CONNECT`, `MAIL`, `RCPT`, `DATA`. */
  readonly command: string;
  /** Null is the null reverse-path, or none yet. */
  readonly reversePath: string | null;
  readonly forwardPath: string | null;
  /** The stable code, `BMX-USER`. */
  readonly rejection: string;
  /** The reply to the client, without reference and address. */
  readonly reply: string;
  /** The DNSBL zone that listed the client. */
  readonly zone: string | null;
  /** True when nothing was refused: the zone is on trial. */
  readonly isDryRun: boolean;
}

export interface RejectionOptions {
  readonly sql: Sql;
  readonly monotonicMs: () => number;
  /** The key of one client: its address, or its /64. */
  readonly clientNetwork: (address: string) => string;
  /** False while disk space is short: then mail has what is left. */
  readonly hasRoom: () => boolean;
  /** So many refusals were dropped. */
  readonly onUnrecorded: (count: number) => void;
  /** Writing fails; once until it succeeds again. */
  readonly onTrouble: (message: string) => void;
}

export interface Rejections {
  readonly record: (rejection: NewRejection) => void;
  /** Writes what waits. Resolves also when it could not be written. */
  readonly flush: () => Promise<void>;
  /** Writes what waits, once; what cannot be written is dropped. */
  readonly close: () => Promise<void>;
}

const FLUSH_AFTER_MS = 250;
const RETRY_AFTER_MS = 1000;
const MOST_ROWS = 500;
const MOST_WAITING = 2000;
/** Characters kept of a text that a client chose. */
const MOST_TEXT = 600;

interface Waiting {
  readonly rejection: NewRejection;
  readonly atMs: number;
}

export function createRejections(options: RejectionOptions): Rejections {
  const { sql, monotonicMs, hasRoom, onUnrecorded, onTrouble } = options;
  const takeShare = createRejectionRate(monotonicMs);
  let waiting: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let writing: Promise<void> | null = null;
  let isClosed = false;
  let isTroubled = false;

  /** Writes batch by batch; ends at the first that the database would not take. */
  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_ROWS);
      try {
        await insert(sql, batch, monotonicMs());
        isTroubled = false;
      } catch (error) {
        if (!isTroubled) onTrouble(error instanceof Error ? error.message : String(error));
        isTroubled = true;
        if (isConnectionLost(error)) return;
        onUnrecorded(batch.length);
      }
      waiting = waiting.slice(batch.length);
    }
  };
  const flush = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing ??= write().finally(() => {
      writing = null;
      if (waiting.length > 0 && !isClosed) schedule();
    });
    return writing;
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => void flush(), isTroubled ? RETRY_AFTER_MS : FLUSH_AFTER_MS);
  };

  return {
    record: (rejection) => {
      const hasPlace = !isClosed && waiting.length < MOST_WAITING && hasRoom();
      if (!hasPlace || !takeShare(options.clientNetwork(rejection.clientAddress))) return onUnrecorded(1);
      waiting.push({ rejection, atMs: monotonicMs() });
      if (writing !== null) return undefined;
      if (waiting.length >= MOST_ROWS && !isTroubled) void flush();
      else schedule();
      return undefined;
    },
    flush,
    close: async () => {
      isClosed = true;
      await flush();
      if (waiting.length > 0) onUnrecorded(waiting.length);
      waiting = [];
    },
  };
}

async function insert(sql: Sql, batch: readonly Waiting[], nowMs: number): Promise<void> {
  const rows = batch.map(({ rejection, atMs }) => ({
    id: rejection.id,
    tenant_id: rejection.tenantId,
    destination_id: rejection.destinationId,
    age_s: (nowMs - atMs) / 1000,
    client_address: isInet(rejection.clientAddress) ? rejection.clientAddress : null,
    ehlo_name: sanitizeText(rejection.ehloName, MOST_TEXT),
    command: sanitizeText(rejection.command, MOST_TEXT),
    reverse_path: rejection.reversePath === null ? null : sanitizeText(rejection.reversePath, MOST_TEXT),
    forward_path: rejection.forwardPath === null ? null : sanitizeText(rejection.forwardPath, MOST_TEXT),
    rejection: rejection.rejection,
    reply: sanitizeText(rejection.reply, MOST_TEXT),
    zone: rejection.zone,
    is_dry_run: rejection.isDryRun,
  }));
  // Tried again after a lost connection, the same rows may be there already.
  await sql`
    insert into rejections (id, tenant_id, destination_id, at, client_address, ehlo_name, command, reverse_path, forward_path,
                            rejection, reply, zone, is_dry_run)
    select id, tenant_id, destination_id, bmx_now() - make_interval(secs => age_s), client_address, ehlo_name, command,
           reverse_path, forward_path, rejection, reply, zone, is_dry_run
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      id uuid, tenant_id uuid, destination_id uuid, age_s double precision, client_address inet, ehlo_name text, command text,
      reverse_path text, forward_path text, rejection text, reply text, zone text, is_dry_run boolean)
    on conflict do nothing`;
}

/** PostgreSQL takes no zone ids. */
function isInet(address: string): boolean {
  return isIP(address) !== 0 && !address.includes('%');
}

const PER_SECOND = 20;
const BURST = 2000;
const PER_CLIENT_AND_MINUTE = 100;
const MINUTE_MS = 60_000;

/**
 * How many rejections may be recorded: 20 a second of this node with a burst of 2,000, and 100 a minute of one client. Twenty a
 * second are about 0.7 GB a day, ten in the two weeks that they are kept. State is bounded by the rate itself.
 *
 * @returns takes one of the client's and of the node's share; false, and nothing taken, if there is none
 */
function createRejectionRate(monotonicMs: () => number): (clientNetwork: string) => boolean {
  let tokens = BURST;
  let filledMs = monotonicMs();
  let minuteBeganMs = filledMs;
  let clients = new Map<string, number>();
  return (clientNetwork) => {
    const nowMs = monotonicMs();
    tokens = Math.min(BURST, tokens + ((nowMs - filledMs) / 1000) * PER_SECOND);
    filledMs = nowMs;
    if (nowMs - minuteBeganMs >= MINUTE_MS) {
      minuteBeganMs = nowMs;
      clients = new Map();
    }
    const count = clients.get(clientNetwork) ?? 0;
    if (tokens < 1 || count >= PER_CLIENT_AND_MINUTE) return false;
    tokens -= 1;
    clients.set(clientNetwork, count + 1);
    return true;
  };
}

/** Long enough for a complaint to arrive; a flood brings millions. */
const REJECTION_DAYS = 14;

/** Drops the days that are past their time; returns the names of the partitions dropped. Any number of nodes may call it. */
export function dropOldRejections(sql: Sql): Promise<string[]> {
  return dropOldDays(sql, { parent: 'rejections', keptDays: REJECTION_DAYS });
}
