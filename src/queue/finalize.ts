/**
 * Finalizes recipients after an attempt, an expiry or a verb: the only place where a recipient ends.
 *
 * Rules, all in one transaction per group of one destination:
 *  - A recipient that is HELD gets the verdict; one that has ended keeps its end (each ends exactly once).
 *  - DELIVERED always counts. DEFERRED and FAILED count only from the holder of the claim (node, epoch); FAILED only
 *    while the route of the attempt is still the destination's route, else it is a deferral.
 *  - A deferral by an attempt begun at or after expiry (accepted + lifetime + extension) ends the recipient as EXPIRED,
 *    unless the fault is ours (outage/local-failure.ts), or the service itself has just come back from a long absence or such
 *    a fault and has not tried the destination since.
 *  - A message with no HELD recipient left moves to history; its content goes, or stays until no report needs it any more
 *    (reports/due-rows.ts). Counters change by a delta row.
 *  - FAILED and EXPIRED recipients make a report due, in the same transaction, unless the reverse-path is null, the message
 *    is a report itself, or NOTIFY says no (RFC 3461 §4.1; RFC 5321 §6.1). So do DELIVERED ones with NOTIFY=SUCCESS that were
 *    handed to a host without DSN (RFC 3461 §5.2.2).
 *  - A host's refusal does not always end its recipient (the breaker, product): in a trial or beside an outage none does, and at
 *    any time none of a recipient known good in reply to RCPT. Such a one stays HELD, suspected, and is tried again on its
 *    schedule; only a refusal at least one hour after the first, breaker CLOSED, is FAILED. A refusal after RCPT outside
 *    a trial is about this message, and ends it. Refusals of our own making (a message too big for the offers) end it as well.
 *  - A failure of the host leaves the message due: the destination's clock holds it back, not its own.
 * Of the destination it changes nothing: outcome.ts feeds the breaker, delivery/destination-records.ts the clock.
 */
import type { Sql, TransactionSql } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import type { AttemptRecord, Outcome } from '../mail/outcome.ts';
import { type BreakerState, isTrialOver, TRIAL_MESSAGES } from '../outage/breaker.ts';
import { insertEvents } from '../events/record.ts';
import { countEnded } from './mail-counts.ts';
import type { Holder } from './claim.ts';
import { newReportId, reportsAbout } from './reports/due-rows.ts';

export interface Verdict {
  readonly messageId: string;
  readonly number: number;
  readonly outcome: Outcome['kind'] | 'CANCELLED';
  /** The verbatim reply, or in brackets what happened instead of one: kept as the recipient's last reply. */
  readonly reply: string;
  /** Facts for a report besides the reply: a failure's enhanced code, and the host whose reply it is. */
  readonly origin?: {
    readonly status: string | null;
    readonly host: string | null;
    /** Handed to a host that heard nothing of NOTIFY. */
    readonly isRelayed?: boolean;
  };
  /** The host refused the recipient in its reply to RCPT. */
  readonly isAtRcpt?: boolean;
}

/** The event of a verb in the record. */
export type VerbEvent = 'MESSAGE_CANCELLED' | 'MESSAGE_BOUNCED';

export interface FinalizeInput {
  readonly destinationId: string;
  readonly routeGeneration: number | null;
  /**
   * The author of the verdicts. ATTEMPT: the holder of the claim. EXPIRY: a failed attempt, begun at that database instant, at the
   * destination of unclaimed messages. VERB: an operator's, on unclaimed messages.
   */
  readonly by:
    | { readonly kind: 'ATTEMPT'; readonly holder: Holder }
    | { readonly kind: 'EXPIRY'; readonly begunAt: string }
    | {
        readonly kind: 'VERB';
        readonly event: VerbEvent;
        readonly reason: string;
        /** As events have it; null: not known. */
        readonly actor: { readonly by: string; readonly token: string | null } | null;
        /** The operation on many messages that it is part of. */
        readonly operationId?: string;
      };
  readonly messages: readonly {
    readonly messageId: string;
    readonly isHostLevel: boolean;
    /** The destination's clock starts with it, or runs already: it says when the message is tried next. */
    readonly isTrouble?: boolean;
  }[];
  /** The database's instant at which the attempts began; needed where a message's `isTrouble` is set. */
  readonly begunAt?: string;
  readonly verdicts: readonly Verdict[];
  readonly attempts: readonly { readonly messageId: string; readonly record: AttemptRecord }[];
  /** The mailboxes of recipients refused by a host, by `keyOfRecipient`. */
  readonly refusedMailboxes?: ReadonlyMap<string, RefusedMailbox>;
  /** Those of the messages that are fire drills': no mail that ended badly. */
  readonly drills?: ReadonlySet<string>;
}

export interface RefusedMailbox {
  /** The one form of its local part, without what the domain's delimiter parts. */
  readonly mailbox: string;
  /** A mailbox known good was refused in reply to RCPT. Any later refusal says nothing of the mailbox. */
  readonly isKnownGood: boolean;
}

/** The key of a recipient in `refusedMailboxes`. */
export function keyOfRecipient({ messageId, number }: Pick<Verdict, 'messageId' | 'number'>): string {
  return `${messageId} ${number}`;
}

export type EndState = 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'CANCELLED';

export interface RecipientResult {
  readonly messageId: string;
  readonly transactionId: string;
  readonly number: number;
  readonly address: string;
  readonly reversePath: string | null;
  readonly state: 'HELD' | EndState;
  /** The message is a report of ours. */
  readonly isReport: boolean;
  /** The reply of this attempt; for an expired recipient the last one of a host. */
  readonly reply: string;
  /** The earliest next attempt of a recipient that is held; else null. */
  readonly nextAttemptAt: Date | null;
  /** The message has no held recipient left. */
  readonly hasEnded: boolean;
  /** Seconds from acceptance to now. */
  readonly ageSeconds: number;
}

/** A result with what the breaker needs beside it. */
export interface FinalizedRecipient extends RecipientResult {
  /** Refused for good and kept: for the first time, or again in a trial, which judges all that it sees. */
  readonly isEvidence: boolean;
  /** Claimed before the breaker opened. */
  readonly isBeforeOpening: boolean;
  readonly breaker: BreakerState;
  /** The breaker waits for what attempts show. */
  readonly isWatched: boolean;
}

/** Finalizes recipients in one transaction. See the rules above. */
export async function finalizeRecipients(sql: Sql, input: FinalizeInput): Promise<FinalizedRecipient[]> {
  return sql.begin((transaction) => finalizeWithin(transaction, input));
}

/** As `finalizeRecipients`, as a part of the caller's transaction. */
export async function finalizeWithin(transaction: TransactionSql, input: FinalizeInput): Promise<FinalizedRecipient[]> {
  // The lock first, in a statement of its own: the next one then sees what another node committed meanwhile. One round trip.
  const [, results] = await Promise.all([lockMessages(transaction, input), finalizeLocked(transaction, input)]);
  const mail = results.filter(({ messageId }) => input.drills?.has(messageId) !== true);
  await countEnded(transaction, input.destinationId, mail);
  return [...results];
}

function lockMessages(transaction: TransactionSql, { messages }: FinalizeInput) {
  const ids = messages.map(({ messageId }) => messageId);
  return transaction`select id from messages where id = any(${ids}::uuid[]) order by id for update`;
}

/** One row set flows through the statement, so its cost is linear in the recipients; only index look-ups touch tables. */
function finalizeLocked(sql: TransactionSql, input: FinalizeInput) {
  const { by, messages, attempts } = input;
  const holder = by.kind === 'ATTEMPT' ? by.holder : null;
  const begunAt = by.kind === 'EXPIRY' ? by.begunAt : null;
  const verb = by.kind === 'VERB' ? by : null;
  // Booleans go as text[]: in a bool[] the driver (postgres 3.4.9) writes every string as false, and infers single ones.
  return sql<FinalizedRecipient[]>`
    with given as (
      select * from unnest(${messages.map((m) => m.messageId)}::uuid[],
        ${messages.map((m) => String(m.isHostLevel))}::text[]::bool[],
        ${messages.map((m) => String(m.isTrouble === true))}::text[]::bool[], ${verdictsByMessage(input)}::text[]::jsonb[])
        as g(message_id, is_host_level, is_trouble, verdicts)
    ), context as materialized (
      select d.id as destination_id, q.lifetime + d.hold_extension as holds,
        coalesce(d.route_generation = ${input.routeGeneration}::integer, true) as is_same_route,
        p.own_trouble_since is null
          and (p.resumed_at is null or coalesce(d.last_attempt_at >= p.resumed_at, false)) as may_expire,
        case when d.first_failure_at is null then next_attempt(${input.begunAt ?? null}::text::timestamptz, bmx_now())
          else d.next_attempt_at end as next_slot_at,
        d.breaker, case when d.breaker = 'OPEN' then d.breaker_since end as opened_at,
        d.kind = 'RELAY' and (d.outage_id is not null or d.breaker = 'OPEN'
          or (d.breaker = 'TRIAL' and not ${isTrialOver(sql)})) as is_trial,
        d.kind = 'RELAY' and (d.outage_id is not null or d.breaker = 'OPEN'
          or (d.breaker = 'TRIAL' and (d.trial_count < ${TRIAL_MESSAGES}::integer or ${isTrialOver(sql)}))
          or (d.breaker = 'CLOSED' and d.breaker_since is not null)) as is_watched
      from destinations d cross join queue_limits q cross join service_presence p
      where d.id = ${input.destinationId}
    ), judged as (
      select m.id as message_id, m.transaction_id, m.tenant_id, m.destination_id, m.reverse_path, m.size_bytes,
        m.client_address, m.ehlo_name, m.protocol, m.tls, m.header_message_id, m.kind, m.ret, m.envelope_id, m.accepted_at, m.claimed_at, g.is_host_level, c.holds,
        case when g.is_trouble then c.next_slot_at when g.is_host_level then least(m.claimed_at, bmx_now()) else m.next_attempt_at end as next_attempt_at,
        r.number, r.address, r.notify, r.original_recipient, r.state, r.attempt_count, r.last_reply, r.last_attempt_at,
        r.ended_at, r.suspected_at, r.suspected_reply, c.breaker, c.is_watched, c.is_trial,
        g.verdicts -> r.number::text ->> 1 as reply, g.verdicts -> r.number::text -> 2 as origin,
        -- An opening that lies ahead was written by a clock that has gone back since.
        coalesce(m.claimed_at < c.opened_at and c.opened_at <= bmx_now(), false) as is_before_opening,
        case when g.verdicts -> r.number::text ->> 0 is distinct from 'FAILED' then g.verdicts -> r.number::text ->> 0
             when not c.is_same_route then 'DEFERRED'
             when g.verdicts -> r.number::text ->> 3 is null then 'FAILED'
             when c.is_trial then 'SUSPECTED'
             when r.suspected_at is null and g.verdicts -> r.number::text ->> 3 = 'KNOWN_GOOD' then 'SUSPECTED'
             when r.suspected_at > bmx_now() - interval '1 hour' then 'SUSPECTED'
             else 'FAILED' end as outcome,
        coalesce(case when ${holder === null} then m.claimed_by is null
             else m.claimed_by = ${holder?.node ?? null} and m.claim_epoch = ${holder?.epoch ?? null} end, false) as is_current,
        coalesce(${begunAt}::text::timestamptz, m.claimed_at) >= m.accepted_at + c.holds and c.may_expire as is_final
      from context c cross join given g
        join messages m on m.id = g.message_id and m.destination_id = c.destination_id
        join recipients r on r.message_id = m.id
    ), changed as (
      select *, state = 'HELD' and outcome is not null and (is_current or outcome = 'DELIVERED')
        and (${by.kind !== 'EXPIRY'} or is_final) as is_new from judged
    ), finalized as (
      select message_id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, protocol, tls, header_message_id, kind,
        ret, envelope_id, accepted_at, claimed_at, is_host_level, is_current, holds, next_attempt_at, reply as said, number, address, notify, original_recipient,
        is_new, origin, breaker, is_watched, is_before_opening,
        is_new and outcome = 'SUSPECTED' as is_suspected,
        is_new and outcome = 'SUSPECTED' and suspected_at is null as is_first_suspicion,
        is_new and outcome = 'SUSPECTED' and (suspected_at is null or (is_trial and breaker <> 'OPEN')) as is_evidence,
        case when not is_new then suspected_at
             when outcome = 'SUSPECTED' then coalesce(suspected_at, bmx_now())
             when outcome = 'DEFERRED' then suspected_at end as suspected_at,
        case when not is_new then suspected_reply
             when outcome = 'SUSPECTED' then reply
             when outcome = 'DEFERRED' then suspected_reply end as suspected_reply,
        case when not is_new then state
             when outcome in ('DELIVERED', 'FAILED', 'CANCELLED') then outcome
             when is_final then 'EXPIRED' else 'HELD' end as state,
        attempt_count + case when is_new and ${holder !== null} then 1 else 0 end as attempt_count,
        -- Words of our own in brackets do not replace what a host has said: the report shall have the last real reply.
        case when is_new and not (reply like '[%' and outcome = 'DEFERRED' and coalesce(last_reply not like '[%', false))
             then reply else last_reply end as last_reply,
        case when is_new and ${by.kind !== 'VERB'} then bmx_now() else last_attempt_at end as last_attempt_at,
        coalesce(ended_at, bmx_now()) as ended_at
      from changed
    ), results as materialized (
      select *, bool_and(state <> 'HELD') over (partition by message_id) as has_ended from finalized
    ), ended as materialized (
      select message_id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, kind,
        accepted_at, accepted_at + holds as expires_at, protocol, tls, header_message_id,
        jsonb_agg(jsonb_build_object('number', number, 'address', address, 'state', state, 'attemptCount', attempt_count,
          'lastReply', last_reply, 'lastAttemptAt', last_attempt_at, 'endedAt', ended_at) order by number) as recipients,
        min(array_position(array['EXPIRED', 'FAILED', 'CANCELLED', 'DELIVERED'], state)) as worst_end
      from results where has_ended
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
    ), reported as (
      select message_id, transaction_id, tenant_id, destination_id,
        jsonb_build_object('reversePath', reverse_path, 'clientAddress', host(client_address), 'ehloName', ehlo_name,
          'acceptedAt', accepted_at, 'ret', ret, 'envelopeId', envelope_id, 'holdSeconds', extract(epoch from holds)::bigint,
          'recipients', jsonb_agg(jsonb_build_object('number', number, 'address', address, 'originalRecipient', original_recipient, 'state', state,
            'reply', last_reply, 'lastAttemptAt', last_attempt_at) || coalesce(origin, '{}') order by number)) as facts
      from results
      where is_new and reverse_path is not null and kind = 'MAIL'
        and case when state in ('FAILED', 'EXPIRED') then notify = '' or 'FAILURE' = any(string_to_array(notify, ','))
                 when state = 'DELIVERED' then (origin -> 'isRelayed')::boolean and 'SUCCESS' = any(string_to_array(notify, ','))
                 else false end
      group by message_id, transaction_id, tenant_id, destination_id, reverse_path, client_address, ehlo_name, accepted_at,
        ret, envelope_id, holds
    ), due_reports as (
      insert into reports_due (id, tenant_id, destination_id, message_id, transaction_id, header_section, facts)
      select ${newReportId(sql)}, tenant_id, destination_id, message_id, transaction_id, '', facts
      from reported
    ), past as (
      insert into history (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address,
        ehlo_name, kind, accepted_at, expires_at, protocol, tls, header_message_id, recipients)
      select message_id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, kind,
        accepted_at, expires_at, protocol, tls, header_message_id, recipients
      from ended
    ), gone_contents as (
      delete from contents c using ended e
      where c.message_id = e.message_id and not exists (select from reported t where t.message_id = e.message_id)
        and not exists (${reportsAbout(sql, sql`e.message_id`)})
    ), gone_delays as (
      delete from reports_due r using ended e where r.id = e.message_id and r.next_attempt_at = 'infinity'
    ), gone_recipients as (
      delete from recipients r using ended e where r.message_id = e.message_id
    ), gone_messages as (
      delete from messages m using ended e where m.id = e.message_id
    ), kept_recipients as (
      update recipients r
      set state = f.state, attempt_count = f.attempt_count, last_reply = f.last_reply, last_attempt_at = f.last_attempt_at,
          suspected_at = f.suspected_at, suspected_reply = f.suspected_reply,
          ended_at = case when f.state = 'HELD' then null else f.ended_at end
      from results f
      where not f.has_ended and f.is_new and r.message_id = f.message_id and r.number = f.number
    ), kept_messages as (
      update messages m
      set claimed_by = null, claim_epoch = null, deaths = 0,
          first_failure_at = case when k.is_host_level then m.first_failure_at
                                  else coalesce(m.first_failure_at, m.claimed_at) end,
          next_attempt_at = case when k.is_host_level then least(m.claimed_at, bmx_now()) else m.next_attempt_at end
      from (select distinct message_id, is_host_level from results where not has_ended and is_current) k
      where m.id = k.message_id and ${holder !== null}
    ), recorded as (
      ${insertEvents(
        sql,
        sql`
          select tenant_id, destination_id, message_id, ${verb?.event ?? ''}::text, ${factsOfVerb(sql, verb)}
          from (select distinct tenant_id, destination_id, message_id from results where is_new) f
          where ${verb !== null}
          union all
          select tenant_id, destination_id, message_id, 'REPORT_DROPPED', jsonb_build_object('reply', last_reply)
          from results where is_new and kind = 'REPORT' and state in ('FAILED', 'EXPIRED')
          union all
          select tenant_id, destination_id, message_id, 'MESSAGE_SUSPECTED',
            jsonb_build_object('recipients', jsonb_agg(number order by number), 'reply', last_reply)
          from results where is_first_suspicion group by tenant_id, destination_id, message_id, last_reply`,
      )}
    ), tries as (
      insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, at, host, address,
        tls, reply, outcome, latency_ms)
      select a.id, d.tenant_id, d.id, a.message_id, string_to_array(a.numbers, ',')::smallint[], a.is_host_level,
        bmx_now() - make_interval(secs => a.latency_ms / 1000.0), a.host, a.address, a.tls, a.reply,
        -- A refusal that was kept is a deferral, and so is one by a host of an old route.
        case when a.outcome = 'FAILED' and (not (select is_same_route from context) or exists (
            select from results f where f.is_suspected and f.message_id = a.message_id and f.number::text = any(string_to_array(a.numbers, ','))))
          then 'DEFERRED' else a.outcome end, a.latency_ms
      from destinations d, unnest(${attempts.map(() => newId())}::uuid[], ${attempts.map((a) => a.messageId)}::uuid[],
        ${attempts.map((a) => a.record.recipientNumbers.join(','))}::text[],
        ${attempts.map((a) => String(a.record.isHostLevel))}::text[]::bool[], ${attempts.map((a) => a.record.host)}::text[],
        ${attempts.map((a) => a.record.address)}::text[], ${attempts.map((a) => a.record.tls)}::text[],
        ${attempts.map((a) => a.record.reply)}::text[], ${attempts.map((a) => a.record.outcome)}::text[],
        ${attempts.map((a) => Math.round(a.record.latencyMs))}::integer[])
        as a(id, message_id, numbers, is_host_level, host, address, tls, reply, outcome, latency_ms)
      where d.id = ${input.destinationId}
      returning tenant_id, outcome
    ), counted as (
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes, expired_count, failed_count, cancelled_count,
        delivered_count, attempt_count, deferral_count)
      select ${input.destinationId}, tenant_id, -count(worst_end), coalesce(-sum(size_bytes), 0),
        count(*) filter (where worst_end = 1), count(*) filter (where worst_end = 2), count(*) filter (where worst_end = 3),
        count(*) filter (where worst_end = 4), count(outcome), count(*) filter (where outcome = 'DEFERRED')
      from (
        select tenant_id, size_bytes, worst_end, null as outcome from ended
        union all select tenant_id, null, null, outcome from tries
      ) c group by tenant_id
    )
    select message_id as "messageId", transaction_id as "transactionId", number, address, reverse_path as "reversePath", state,
      kind = 'REPORT' as "isReport", case when state = 'EXPIRED' then last_reply else said end as reply,
      case when state = 'HELD' then next_attempt_at end as "nextAttemptAt", has_ended as "hasEnded",
      extract(epoch from bmx_now() - accepted_at)::float8 as "ageSeconds",
      is_evidence as "isEvidence", is_before_opening as "isBeforeOpening", breaker, is_watched as "isWatched"
    from results where is_new order by message_id, number`;
}

function factsOfVerb(sql: TransactionSql, verb: (FinalizeInput['by'] & { kind: 'VERB' }) | null) {
  if (verb === null) return sql`'{}'::jsonb`;
  const { reason, actor, operationId } = verb;
  return sql`${JSON.stringify({ ...actor, reason, operationId })}::text::jsonb`;
}

/** For each message, in order, `{ "number": ["OUTCOME", "reply", origin, guard] }` as JSON text: a look-up per recipient, not a join. */
function verdictsByMessage({ messages, verdicts, refusedMailboxes = new Map() }: FinalizeInput): string[] {
  const byMessage = Map.groupBy(verdicts, (verdict) => verdict.messageId);
  return messages.map(({ messageId }) =>
    JSON.stringify(
      Object.fromEntries(
        (byMessage.get(messageId) ?? []).map((verdict) => {
          const { number, outcome, reply, origin = {} } = verdict;
          return [number, [outcome, reply, origin, guardOf(verdict, refusedMailboxes)]];
        }),
      ),
    ),
  );
}

/** The rule that keeps a refusal from ending its recipient; null for a verdict that did not come from a host. */
function guardOf(verdict: Verdict, mailboxes: ReadonlyMap<string, RefusedMailbox>): 'KNOWN_GOOD' | 'TRIAL' | null {
  const mailbox = mailboxes.size === 0 ? undefined : mailboxes.get(keyOfRecipient(verdict));
  if (mailbox === undefined) return null;
  return mailbox.isKnownGood ? 'KNOWN_GOOD' : 'TRIAL';
}
