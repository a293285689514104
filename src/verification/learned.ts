/**
 * Learns from deliveries which recipients exist: 2yz after DATA makes one known good for 90 days. And that a primary which rejects
 * one does not accept any name.
 *
 * A note costs the delivery a look into a map; those not noted within the minute are stored within the second by
 * verification.ts's timer, one statement for all, which writes what changes something. What a delivery has shown clears a suspicion and takes a
 * negative answer back. Bounded: what finds no room is learned from a later delivery. Learns nothing of destinations that serve no relay domain.
 */
import type { Sql } from '../db/client.ts';
import { knownUntil } from '../domains/user-list/known-good.ts';
import { normalizeLocalPart, parsePath } from '../mail/address.ts';
import { createBoundedMap } from '../bounded-map.ts';
import type { RecipientKey } from './answers.ts';
import { classifyCalloutReply } from '../mail/callout-verdict.ts';
import { parseReply } from '../mail/reply.ts';
import type { Primaries } from './primary.ts';

export interface Learned {
  /** @param address as delivered, `local@domain` in its canonical spelling */
  note(destinationId: string, address: string): void;
  /** Stores what was noted. */
  flush(): Promise<void>;
}

export interface LearnedOptions {
  readonly sql: Sql;
  readonly monotonicMs: () => number;
  /** A recipient of whom more is known now than is in memory. */
  readonly onLearned: (recipient: RecipientKey) => void;
}

/** Short beside the quarter of an hour that confirms a suspicion: a delivery meanwhile clears it, whoever has it in the database. */
const AGAIN_MS = 60_000;
const MOST_REMEMBERED = 200_000;
const MOST_WAITING = 50_000;
const MOST_AT_ONCE = 5000;

export function createLearned(options: LearnedOptions): Learned {
  const { sql, monotonicMs, onLearned } = options;
  const notedUntilMs = createBoundedMap<number>(MOST_REMEMBERED);
  const waiting = new Map<string, { readonly destinationId: string; readonly address: string }>();

  return {
    note: (destinationId, address) => {
      const key = `${destinationId} ${address}`;
      if ((notedUntilMs.get(key) ?? Number.NEGATIVE_INFINITY) > monotonicMs() || waiting.size >= MOST_WAITING) return;
      waiting.set(key, { destinationId, address });
    },
    flush: async () => {
      const taken = [...waiting].slice(0, MOST_AT_ONCE);
      if (taken.length === 0) return;
      const recipients = taken.flatMap(([, note]) => recipientOf(note) ?? []);
      for (const recipient of await storeDelivered(sql, recipients)) onLearned(recipient);
      for (const [key] of taken) {
        waiting.delete(key);
        notedUntilMs.set(key, monotonicMs() + AGAIN_MS);
      }
    },
  };
}

function recipientOf({ destinationId, address }: { destinationId: string; address: string }): RecipientKey | null {
  const parsed = parsePath(`<${address}>`, { allowNull: false, smtpUtf8: true });
  const localPart = parsed.kind === 'PATH' ? normalizeLocalPart(parsed.path.localPart) : null;
  return localPart === null ? null : { destinationId, localPart };
}

/**
 * Cuts off what the domain's delimiter parts, as `baseOf` does. In the order of the key, so that no two nodes lock each other
 * out. Those returned are the ones that changed.
 */
async function storeDelivered(sql: Sql, recipients: readonly RecipientKey[]): Promise<RecipientKey[]> {
  if (recipients.length === 0) return [];
  return sql<RecipientKey[]>`
    with noted as (
      select distinct d.destination_id, d.tenant_id,
        case when strpos(n.local_part, coalesce(d.recipient_delimiter, '')) > 1
             then left(n.local_part, strpos(n.local_part, d.recipient_delimiter) - 1)
             else n.local_part end as local_part
      from unnest(${recipients.map(({ destinationId }) => destinationId)}::uuid[],
                  ${recipients.map(({ localPart }) => localPart)}::text[]) as n (destination_id, local_part)
      join domains d on d.destination_id = n.destination_id and d.status <> 'PENDING'
    )
    insert into recipient_answers as r (destination_id, tenant_id, local_part, delivered_at, forget_at)
    select noted.destination_id, noted.tenant_id, noted.local_part, bmx_now(), ${knownUntil(sql)}
    from noted
    left join recipient_answers known on known.destination_id = noted.destination_id and known.local_part = noted.local_part
    -- Without a conflict, which would lock the row. What changes in this very moment is left to the next delivery.
    where coalesce(known.delivered_at < bmx_now() - interval '1 day', true)
      or known.suspected_at is not null or known.answer = 'NEGATIVE'
    order by noted.destination_id, noted.local_part
    on conflict (destination_id, local_part) do update set
      delivered_at = excluded.delivered_at, forget_at = greatest(r.forget_at, excluded.forget_at), suspected_at = null,
      answer = nullif(r.answer, 'NEGATIVE'),
      answered_at = case when r.answer = 'POSITIVE' then r.answered_at end,
      refresh_at = case when r.answer = 'POSITIVE' then r.refresh_at end,
      expires_at = case when r.answer = 'POSITIVE' then r.expires_at end,
      reply = case when r.answer = 'POSITIVE' then r.reply end
    returning r.destination_id as "destinationId", r.local_part as "localPart"`;
}

/** The result of one recipient. */
interface DeliveryResult {
  readonly messageId: string;
  readonly address: string;
  readonly state: string;
  readonly reply: string;
}

/** Returns what learns from the results of one destination. Fire drills and destinations that are not relayed to teach nothing. */
export function learnFromResults(
  { learned, primaries }: { readonly learned: Learned; readonly primaries: Primaries },
  ownAddresses: readonly string[],
) {
  return (
    { id, kind }: { readonly id: string; readonly kind: 'RELAY' | 'INTERNAL' },
    messages: readonly { readonly messageId: string; readonly isDrill?: boolean }[],
    results: readonly DeliveryResult[],
  ): void => {
    if (kind !== 'RELAY') return;
    const drills = new Set(messages.filter(({ isDrill }) => isDrill === true).map(({ messageId }) => messageId));
    for (const { messageId, state, address, reply } of results) {
      if (drills.has(messageId)) continue;
      if (state === 'DELIVERED') learned.note(id, address);
      if (state !== 'FAILED') continue;
      const { verdict } = classifyCalloutReply({ stage: 'RCPT', reply: parseReply(reply) }, ownAddresses);
      if (verdict === 'NEGATIVE') primaries.noteNegative(id);
    }
  };
}
