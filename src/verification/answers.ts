/**
 * The answers of callouts about recipients: kept in Postgres for all nodes, the lately asked ones in memory.
 *
 * Promises:
 *  - a positive answer holds 7 days and is due for a refresh after one, a negative 2 hours and 30 minutes; only another
 *    answer changes an answer, never trouble;
 *  - a recipient known good (listed, or delivered to within 90 days) is not negative before a second refusal at least
 *    15 minutes after the first; until then it is suspected, and a positive answer clears that;
 *  - what is in memory is at most a minute old, and gone as soon as it is dropped; positive and negative answers are bounded
 *    apart, so that whoever tries names out does not push out the mailboxes that exist;
 *  - instants are on this node's monotonic clock, made from the database's distances.
 * Does not ask anybody and decides nothing: policy/callout/check.ts does.
 */
import type { Sql } from '../db/client.ts';
import { createBoundedMap } from '../bounded-map.ts';
import { isPausedNow } from '../outage/pause.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { clearAnswers } from '../domains/destination.ts';
import { isKnownBy } from '../domains/user-list/known-good.ts';
import { createGrouped } from './grouped.ts';

/** An address that is backed up, by local part in its one form (mail/address.ts), without what its domain's delimiter parts. */
export interface Recipient extends RecipientKey {
  readonly tenantId: string;
}

export interface RecipientKey {
  readonly destinationId: string;
  readonly localPart: string;
}

export interface VerificationStatus {
  /** The last word of a callout; null before the first, and where it has been taken back. */
  readonly answer: 'POSITIVE' | 'NEGATIVE' | null;
  /** From here on asked again in the background. Null without an answer. */
  readonly refreshAtMs: number | null;
  /** Until here the answer decides. Null without an answer. */
  readonly expiresAtMs: number | null;
  /** When a recipient known good was refused for the first time; null once it was accepted again. */
  readonly suspectedAtMs: number | null;
  /** 2yz after DATA within the last 90 days. */
  readonly isDelivered: boolean;
  /** The operator has paused the destination: its primary is left alone. */
  readonly isPaused: boolean;
}

export interface Answer {
  readonly recipient: Recipient;
  readonly verdict: 'POSITIVE' | 'NEGATIVE';
  /** In the User List: known good. */
  readonly isListed: boolean;
  /** Verbatim, for the operator. */
  readonly reply: string;
  /** The domain it was asked for: when that is gone by now, or its mail goes elsewhere, the answer is not kept. */
  readonly domain?: Pick<RelayDomain, 'id' | 'deliverTo'>;
}

export interface Answers {
  /** From memory; null when there is nothing fresh. */
  recall(recipient: Recipient): VerificationStatus | null;
  /** From the database, for memory too. */
  find(recipient: Recipient): Promise<VerificationStatus>;
  /** Resolves with what is known now, when it is stored; with nothing known where it is not kept. */
  record(answer: Answer): Promise<VerificationStatus>;
  /** Drops what callouts have shown of it, stored and in memory: it was forgotten while the last answer was being stored. */
  takeBack(recipient: Recipient): Promise<void>;
  /** Not to be refreshed before `untilMs` (monotonic), as far as this node's memory goes. */
  postponeRefresh(recipient: Recipient, untilMs: number): void;
  drop(recipient: RecipientKey): void;
  dropAll(): void;
}

export interface AnswersOptions {
  readonly sql: Sql;
  readonly monotonicMs: () => number;
  readonly memory?: { readonly mostPositive: number; readonly mostNegative: number };
}

/** Other nodes change answers too; what a person changes is told by a notice. */
const FRESH_MS = 60_000;
const NOTHING_KNOWN: VerificationStatus = {
  answer: null,
  refreshAtMs: null,
  expiresAtMs: null,
  suspectedAtMs: null,
  isDelivered: false,
  isPaused: false,
};
/** About 300 octets each. */
const DEFAULT_MEMORY = { mostPositive: 100_000, mostNegative: 20_000 };

interface Kept {
  readonly status: VerificationStatus;
  readonly untilMs: number;
}

export function createAnswers(options: AnswersOptions): Answers {
  const { sql, monotonicMs, memory = DEFAULT_MEMORY } = options;
  const positive = createBoundedMap<Kept>(memory.mostPositive);
  const negative = createBoundedMap<Kept>(memory.mostNegative);
  /** Nothing is known of them: remembered so that an outage asks the database once a minute, not at every RCPT. */
  const unknown = createBoundedMap<Kept>(memory.mostNegative);

  /** Reads and writes for memory under way; what was dropped meanwhile is not kept. */
  const underWay = new Map<string, Promise<VerificationStatus>>();

  const remove = (key: string): void => {
    positive.delete(key);
    negative.delete(key);
    unknown.delete(key);
  };
  const put = (key: string, kept: Kept): void => {
    remove(key);
    const { answer, suspectedAtMs, isDelivered } = kept.status;
    if (answer !== null && answer !== 'POSITIVE') negative.set(key, kept);
    else if (suspectedAtMs !== null) negative.set(key, kept);
    else if (answer === 'POSITIVE' || isDelivered) positive.set(key, kept);
    else unknown.set(key, kept);
  };
  const keep = async (recipient: Recipient, work: Promise<VerificationStatus>): Promise<VerificationStatus> => {
    const key = keyOf(recipient);
    underWay.set(key, work);
    try {
      const status = await work;
      if (underWay.get(key) === work) put(key, { status, untilMs: monotonicMs() + FRESH_MS });
      return status;
    } finally {
      if (underWay.get(key) === work) underWay.delete(key);
    }
  };
  const fresh = (key: string): Kept | null => {
    const kept = positive.get(key) ?? negative.get(key) ?? unknown.get(key);
    return kept !== undefined && kept.untilMs > monotonicMs() ? kept : null;
  };
  const find = createGrouped<Recipient, VerificationStatus>(async (recipients) => {
    const nowMs = monotonicMs();
    const rows = await findRows(sql, recipients);
    return rows.map((row) => statusOf(row, nowMs));
  });
  const record = createGrouped<Answer, VerificationStatus>(async (answers) => {
    const nowMs = monotonicMs();
    const rows = await recordRows(sql, answers);
    const found = new Map(
      rows.map((row) => [keyOf({ destinationId: row.destination_id, localPart: row.local_part }), row]),
    );
    return answers.map(({ recipient }) => {
      const row = found.get(keyOf(recipient));
      return row === undefined ? NOTHING_KNOWN : statusOf(row, nowMs);
    });
  });

  const drop: Answers['drop'] = (recipient) => {
    const key = keyOf(recipient);
    remove(key);
    underWay.delete(key);
  };

  return {
    recall: (recipient) => fresh(keyOf(recipient))?.status ?? null,
    find: (recipient) => keep(recipient, find(recipient)),
    record: (answer) => keep(answer.recipient, record(answer)),
    postponeRefresh: (recipient, untilMs) => {
      const key = keyOf(recipient);
      const kept = fresh(key);
      if (kept !== null) put(key, { ...kept, status: { ...kept.status, refreshAtMs: untilMs } });
    },
    takeBack: async (recipient) => {
      await clearAnswers(sql, recipient.destinationId, [recipient.localPart]);
      drop(recipient);
    },
    drop,
    dropAll: () => {
      positive.clear();
      unknown.clear();
      negative.clear();
      underWay.clear();
    },
  };
}

/** In the order asked. */
async function findRows(sql: Sql, recipients: readonly Recipient[]): Promise<StatusRow[]> {
  return sql<StatusRow[]>`
    select r.answer, ${distances(sql)}, coalesce(${isPausedNow(sql)}, false) as is_paused
    from unnest(${recipients.map(({ destinationId }) => destinationId)}::uuid[],
                ${recipients.map(({ localPart }) => localPart)}::text[]) with ordinality
      as asked (destination_id, local_part, number)
    left join recipient_answers r on r.destination_id = asked.destination_id and r.local_part = asked.local_part
    left join destinations d on d.id = asked.destination_id
    order by asked.number`;
}

function distances(sql: Sql) {
  return sql`
    (extract(epoch from r.refresh_at - bmx_now()) * 1000)::float8 as refresh_in_ms,
    (extract(epoch from r.expires_at - bmx_now()) * 1000)::float8 as expires_in_ms,
    (extract(epoch from r.suspected_at - bmx_now()) * 1000)::float8 as suspected_in_ms,
    coalesce(${isKnownBy(sql, sql`r.delivered_at`)}, false) as is_delivered`;
}

type RecordedRow = StatusRow & { destination_id: string; local_part: string };

/** One row for each recipient; of several answers about one the last counts. In the order of the key, so that no two nodes lock each other out. */
async function recordRows(sql: Sql, answers: readonly Answer[]): Promise<RecordedRow[]> {
  const last = [...new Map(answers.map((answer) => [keyOf(answer.recipient), answer])).values()];
  return sql<RecordedRow[]>`
    with given as (
      select g.destination_id, g.tenant_id, g.local_part, g.reply,
        r.answer, r.answered_at, r.refresh_at, r.expires_at, r.suspected_at,
        case
          when g.verdict = 'POSITIVE' then 'POSITIVE'
          when (g.is_listed or ${isKnownBy(sql, sql`r.delivered_at`)})
            and (r.suspected_at is null or r.suspected_at > bmx_now() - interval '15 minutes') then 'SUSPECTED'
          else 'NEGATIVE'
        end as word
      from unnest(${last.map(({ recipient }) => recipient.destinationId)}::uuid[],
                  ${last.map(({ recipient }) => recipient.tenantId)}::uuid[],
                  ${last.map(({ recipient }) => recipient.localPart)}::text[],
                  ${last.map(({ verdict }) => verdict)}::text[],
                  ${last.map(({ isListed }) => String(isListed))}::text[]::boolean[],
                  ${last.map(({ reply }) => reply)}::text[],
                  ${last.map(({ domain }) => domain?.id ?? null)}::uuid[],
                  ${last.map(({ domain }) => JSON.stringify(domain?.deliverTo ?? []))}::text[])
        as g (destination_id, tenant_id, local_part, verdict, is_listed, reply, domain_id, deliver_to)
      left join recipient_answers r on r.destination_id = g.destination_id and r.local_part = g.local_part
      where g.domain_id is null or exists (
        select from domains d
        where d.id = g.domain_id and d.destination_id = g.destination_id and d.deliver_to = g.deliver_to::jsonb)
    ), word (word, refresh_after, holds) as (
      values ('POSITIVE', interval '1 day', interval '7 days'), ('NEGATIVE', interval '30 minutes', interval '2 hours')
    )
    insert into recipient_answers as r (destination_id, tenant_id, local_part,
      answer, answered_at, refresh_at, expires_at, reply, suspected_at, forget_at)
    select given.destination_id, given.tenant_id, given.local_part,
      -- A suspicion leaves a positive answer as it was. A negative one was given before the recipient was known good.
      coalesce(word.word, nullif(given.answer, 'NEGATIVE')),
      case when word.word is not null then bmx_now() when given.answer = 'POSITIVE' then given.answered_at end,
      case when word.word is not null then bmx_now() + word.refresh_after when given.answer = 'POSITIVE' then given.refresh_at end,
      case when word.word is not null then bmx_now() + word.holds when given.answer = 'POSITIVE' then given.expires_at end,
      given.reply,
      case given.word when 'SUSPECTED' then coalesce(given.suspected_at, bmx_now()) when 'NEGATIVE' then given.suspected_at end,
      -- A day longer than it holds: in an outage that begins meanwhile it goes on to count.
      bmx_now() + coalesce(word.holds, interval '0') + interval '1 day'
    from given left join word on word.word = given.word
    order by given.destination_id, given.local_part
    on conflict (destination_id, local_part) do update set
      answer = excluded.answer, answered_at = excluded.answered_at, refresh_at = excluded.refresh_at,
      expires_at = excluded.expires_at, reply = excluded.reply, suspected_at = excluded.suspected_at,
      forget_at = greatest(r.forget_at, excluded.forget_at)
    returning r.destination_id, r.local_part, r.answer, ${distances(sql)}, false as is_paused`;
}

/** Distances from now on the database's clock, in milliseconds. */
interface StatusRow {
  answer: 'POSITIVE' | 'NEGATIVE' | null;
  refresh_in_ms: number | null;
  expires_in_ms: number | null;
  suspected_in_ms: number | null;
  is_delivered: boolean;
  is_paused: boolean;
}

/** @param nowMs the monotonic clock when the row was asked for */
function statusOf(row: StatusRow, nowMs: number): VerificationStatus {
  const at = (distanceMs: number | null) => (distanceMs === null ? null : nowMs + distanceMs);
  return {
    answer: row.answer,
    refreshAtMs: at(row.refresh_in_ms),
    expiresAtMs: at(row.expires_in_ms),
    suspectedAtMs: at(row.suspected_in_ms),
    isDelivered: row.is_delivered,
    isPaused: row.is_paused,
  };
}

/** For maps. An id has no space. */
export function keyOf({ destinationId, localPart }: RecipientKey): string {
  return `${destinationId} ${localPart}`;
}

const NOTICE = 'recipient:';

/** Tells other nodes, on the settings channel, that a recipient is to be forgotten: `recipient:DESTINATION:LOCAL-PART`. */
export function formatForgetNotice({ destinationId, localPart }: RecipientKey): string {
  return `${NOTICE}${destinationId}:${localPart}`;
}

/** Null for any other notice. A local part may hold colons, an id does not. */
export function parseForgetNotice(payload: string): RecipientKey | null {
  if (!payload.startsWith(NOTICE)) return null;
  const rest = payload.slice(NOTICE.length);
  const colon = rest.indexOf(':');
  return colon < 0 ? null : { destinationId: rest.slice(0, colon), localPart: rest.slice(colon + 1) };
}
