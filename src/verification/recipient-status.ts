/**
 * The status of a recipient as a person is shown it, and how it is forgotten.
 *
 * Both take their viewer in the query itself, and speak of served domains only: a tenant that has merely claimed a name is told nothing
 * about it. What is forgotten is so on this node before the call returns, elsewhere with the notice.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { recordEvent } from '../events/record.ts';
import { baseOf, formatAddress, normalizeLocalPart, parsePath } from '../mail/address.ts';
import type { Viewer } from '../mail/viewer.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import { findServed } from '../domains/domains.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { invalid, type UserError } from '../input/checked.ts';
import { clearAnswers } from '../domains/destination.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import { isKnownBy } from '../domains/user-list/known-good.ts';
import { formatForgetNotice, type Recipient, type RecipientKey } from './answers.ts';

export interface RecipientStatus {
  /** In its one form. */
  readonly address: string;
  /** Null when the domain has no User List. */
  readonly isListed: boolean | null;
  readonly deliveredAt: Date | null;
  readonly answer: 'POSITIVE' | 'NEGATIVE' | null;
  readonly answeredAt: Date | null;
  readonly expiresAt: Date | null;
  readonly reply: string | null;
  readonly suspectedAt: Date | null;
  /** Null when it is not known. */
  readonly isCatchAll: boolean | null;
}

export type ForgetResult =
  | { readonly kind: 'DONE' }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

export interface RecipientStatuses {
  /** Null when the text is no address, or its domain is not one that the viewer has served here. */
  findStatus(viewer: Viewer, address: string): Promise<RecipientStatus | null>;
  /** Drops what callouts have shown of the recipient, and that its primary takes any. What was delivered stays. */
  forgetRecipient(viewer: Viewer, address: string): Promise<ForgetResult>;
}

export interface StatusesOptions {
  readonly sql: Sql;
  readonly isListed: IsListed;
  /** Drops it from this node's memory. */
  readonly onForgotten: (recipient: RecipientKey) => void;
}

/** A recipient with its domain. */
interface Asked {
  readonly domain: RelayDomain;
  /** Unquoted, as given. */
  readonly given: string;
  readonly recipient: Recipient;
}

export function createRecipientStatuses(options: StatusesOptions): RecipientStatuses {
  const { sql, isListed, onForgotten } = options;
  return {
    findStatus: async (viewer, address) => {
      const asked = await findAsked(sql, viewer, address);
      if (asked.kind === 'REFUSED') return null;
      const { domain, given } = asked;
      const listed = domain.recipientList.count === 0 ? null : await isListed(domain, given);
      return { ...(await readStatus(sql, asked)), isListed: listed };
    },
    forgetRecipient: async (viewer, address) => {
      const asked = await findAsked(sql, viewer, address);
      if (asked.kind === 'REFUSED') return asked;
      try {
        await sql.begin((transaction) => forget(transaction, viewer, asked));
      } finally {
        // Also when COMMIT's outcome is unknown: asking once more is cheap.
        for (const recipient of spellingsOf(asked)) onForgotten(recipient);
      }
      return { kind: 'DONE' };
    },
  };
}

type Finding =
  | ({ readonly kind: 'FOUND' } & Asked)
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

async function findAsked(sql: Sql, viewer: Viewer, address: string): Promise<Finding> {
  const parsed = parsePath(`<${address.trim()}>`, { allowNull: false, smtpUtf8: true });
  const given = parsed.kind === 'PATH' ? parsed.path.localPart : '';
  const form = normalizeLocalPart(given);
  if (parsed.kind !== 'PATH' || form === null) {
    const message = 'An address is a local part, @ and a domain, such as alice@example.org.';
    return { kind: 'REFUSED', errors: [invalid(['address'], message, 'NOT_AN_ADDRESS')] };
  }
  const domain = await findServed(sql, parsed.path.domain, viewer);
  if (domain === null) {
    const message = `You have no domain "${parsed.path.domain}" in service. The query "domains" lists those you have.`;
    return { kind: 'REFUSED', errors: [{ path: ['address'], message, code: 'NOT_FOUND' }] };
  }
  const { destinationId, tenantId } = domain;
  const localPart = baseOf(form, domain.recipientDelimiter);
  return { kind: 'FOUND', domain, given, recipient: { destinationId, tenantId, localPart } };
}

async function readStatus(sql: Sql, { domain, recipient }: Asked): Promise<Omit<RecipientStatus, 'isListed'>> {
  const [row] = await sql<Omit<RecipientStatus, 'isListed' | 'address'>[]>`
    select case when ${isKnownBy(sql, sql`r.delivered_at`)} then r.delivered_at end as "deliveredAt",
      r.answer, r.answered_at as "answeredAt", r.expires_at as "expiresAt", r.reply, r.suspected_at as "suspectedAt",
      case when p.catch_all_tested_at > bmx_now() - interval '7 days' then p.is_catch_all end as "isCatchAll"
    from (select ${recipient.destinationId}::uuid as destination_id, ${recipient.localPart}::text as local_part) asked
    left join recipient_answers r on r.destination_id = asked.destination_id and r.local_part = asked.local_part
    left join primaries p on p.destination_id = asked.destination_id`;
  if (row === undefined) throw new Error('a row that is always there is not');
  return { address: formatAddress(recipient.localPart, domain.name), ...row };
}

/** Under which the primary may have been asked for it: the form without what the delimiter parts, the form, and as given. */
function spellingsOf({ given, recipient }: Asked): Recipient[] {
  const names = new Set([recipient.localPart, normalizeLocalPart(given) ?? given, given]);
  return [...names].map((localPart) => ({ ...recipient, localPart }));
}

async function forget(sql: SqlExecutor, viewer: Viewer, asked: Asked): Promise<void> {
  const { domain, recipient } = asked;
  const { destinationId, tenantId, localPart } = recipient;
  const spellings = spellingsOf(asked);
  await clearAnswers(
    sql,
    destinationId,
    spellings.map((spelling) => spelling.localPart),
  );
  await sql`
    update primaries set is_catch_all = null, catch_all_tested_at = null where destination_id = ${destinationId}`;
  await recordEvent(sql, {
    tenantId,
    destinationId,
    messageId: null,
    kind: 'RECIPIENT_FORGOTTEN',
    facts: { address: formatAddress(localPart, domain.name), by: viewer.tenantId },
  });
  await sql`
    select pg_notify(${SETTINGS_CHANNEL}, notice)
    from unnest(${spellings.map((spelling) => formatForgetNotice(spelling))}::text[]) as notice`;
}
