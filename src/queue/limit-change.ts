/**
 * The operator changes the limits of the queue: the size of a message, and how long mail is held.
 *
 * They are one row, which statements read as they run, so a change is in force with its COMMIT; nodes that keep the size in memory
 * for EHLO hear of it. The lifetime counts from acceptance, for held mail too. So a shorter one may end mail with its next failed
 * attempt: it is refused while mail is held that would be past it, unless that is what is meant.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import { recordEvent } from '../events/record.ts';
import { invalid, refused, type UserError } from '../input/checked.ts';
import { formatDuration, UNIT_MS, wholeUnits } from '../mail/duration.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import { MAX_HOLD_HOURS } from '../outage/hold.ts';
import { type QueueLimits, readLimits } from './limits.ts';

/** On SETTINGS_CHANNEL: the limits have changed. */
export const LIMITS_NOTICE = 'limits';

/** RFC 5321 §4.5.3.1.7: a message of so many octets is to be taken. */
const LEAST_SIZE_BYTES = 64 * 1024;
/** As the type of the column has it. */
export const MOST_SIZE_BYTES = 10 * 1024 * 1024;
/** Most senders give up after four or five days (RFC 5321 §4.5.4.1); a day is what a weekend's outage outlasts. */
const LEAST_LIFETIME_HOURS = 24;
const MOST_LIFETIME_HOURS = 30 * 24;
const DEFAULTS = { sizeBytes: MOST_SIZE_BYTES, lifetimeHours: 240 };

/** Absent: as it is; null: the default. */
export interface ServiceLimitsInput {
  /** Bytes of a message as received. */
  readonly messageSizeLimit?: number | null | undefined;
  /** Milliseconds. */
  readonly lifetime?: number | null | undefined;
  /** Mail that is past the new lifetime may end. */
  readonly force?: boolean | null | undefined;
}

export type LimitsChange = { readonly kind: 'DONE' } | ReturnType<typeof refused>;

/** In one transaction with its event. Only for an operator. */
export function updateLimits(sql: Sql, viewer: Viewer, input: ServiceLimitsInput): Promise<LimitsChange> {
  return sql.begin(async (transaction): Promise<LimitsChange> => {
    if (!viewer.isOperator) {
      return refused({ path: [], message: "Only a token of the operator's tenant may do this.", code: 'FORBIDDEN' });
    }
    await transaction`select from queue_limits for update`;
    const before = await readLimits(transaction);
    const wanted = wantedLimits(before, input);
    const errors = [...wanted.errors, ...(await checkHeld(transaction, before, wanted, input.force === true))];
    if (errors.length > 0) return refused(...errors);
    const { sizeBytes, lifetimeHours } = wanted;
    if (sizeBytes === before.messageSizeLimitBytes && lifetimeHours === hoursOf(before)) return { kind: 'DONE' };
    await transaction`
      update queue_limits set message_size_limit_bytes = ${sizeBytes}, lifetime = make_interval(hours => ${lifetimeHours}::integer)`;
    await recordEvent(transaction, {
      tenantId: OPERATOR_TENANT_ID,
      destinationId: null,
      messageId: null,
      kind: 'SERVICE_UPDATED',
      facts: {
        before: { messageSizeLimit: before.messageSizeLimitBytes, lifetimeHours: hoursOf(before) },
        after: { messageSizeLimit: sizeBytes, lifetimeHours },
        by: viewer.tenantId,
      },
    });
    await transaction`select pg_notify(${SETTINGS_CHANNEL}, ${LIMITS_NOTICE})`;
    return { kind: 'DONE' };
  });
}

const hoursOf = ({ lifetimeSeconds }: QueueLimits): number => lifetimeSeconds / 3_600;

interface Wanted {
  readonly sizeBytes: number;
  readonly lifetimeHours: number;
  readonly errors: readonly UserError[];
}

function wantedLimits(before: QueueLimits, { messageSizeLimit, lifetime }: ServiceLimitsInput): Wanted {
  const errors: UserError[] = [];
  const sizeBytes =
    messageSizeLimit === undefined ? before.messageSizeLimitBytes : (messageSizeLimit ?? DEFAULTS.sizeBytes);
  if (messageSizeLimit != null && (sizeBytes < LEAST_SIZE_BYTES || sizeBytes > MOST_SIZE_BYTES)) {
    const message = `messageSizeLimit lies between ${LEAST_SIZE_BYTES} and ${MOST_SIZE_BYTES} bytes.`;
    errors.push(invalid(['messageSizeLimit'], message, 'OUT_OF_RANGE'));
  }
  const given = lifetime == null ? null : wholeUnits(lifetime, 'h', MOST_LIFETIME_HOURS);
  if (lifetime != null && (given ?? 0) < LEAST_LIFETIME_HOURS) {
    errors.push(invalid(['lifetime'], 'lifetime is a number of whole hours, P1D to P30D.', 'OUT_OF_RANGE'));
  }
  const lifetimeHours = lifetime === undefined ? hoursOf(before) : (given ?? DEFAULTS.lifetimeHours);
  return { sizeBytes, lifetimeHours, errors };
}

/** Complaints about held mail: it would be past a shorter lifetime, or held longer than anything may be. O(destinations). */
async function checkHeld(
  sql: SqlExecutor,
  before: QueueLimits,
  { lifetimeHours, errors }: Wanted,
  isForced: boolean,
): Promise<readonly UserError[]> {
  if (errors.length > 0 || lifetimeHours === hoursOf(before)) return [];
  const lifetime = sql`make_interval(hours => ${lifetimeHours}::integer)`;
  const [row] = await sql<{ past: number; extended: number }[]>`
    select (count(*) filter (where oldest_accepted_at + hold_extension + ${lifetime} <= bmx_now()))::integer as past,
      (count(*) filter (where hold_extension > '0' and hold_extension + ${lifetime} > make_interval(hours => ${MAX_HOLD_HOURS}::integer)))::integer
        as extended
    from destinations where oldest_accepted_at is not null or hold_extension > '0'`;
  const { past = 0, extended = 0 } = row ?? {};
  if (lifetimeHours > hoursOf(before) && extended > 0) {
    const message = `Mail is held for at most ${MAX_HOLD_HOURS} hours, and domainExtendHold has added some for ${extended} domains. Wait until that mail is gone.`;
    return [invalid(['lifetime'], message, 'HELD_MAIL')];
  }
  if (lifetimeHours > hoursOf(before) || past === 0 || isForced) return [];
  const span = formatDuration(lifetimeHours * UNIT_MS.h);
  const message = `Mail of ${past === 1 ? '1 domain' : `${past} domains`} is older than ${span}: it would end with its next failed attempt. Deliver it first, or accept that with force: true.`;
  return [{ path: ['lifetime'], message, code: 'HELD_MAIL' }];
}
