/**
 * Reads what a person typed to find messages: each value in its one form, or what is wrong with it and what to do. Pure.
 *
 * Takes what stands in logs, Received lines, replies and reports as it is copied: ids within other words, addresses in brackets,
 * a Message-ID with or without its angle brackets.
 */
import { parsePath } from '../../mail/address.ts';
import { normalizeDomain } from '../../mail/domain.ts';
import { wholeUnits } from '../../mail/duration.ts';
import { searchedMessageId } from '../../mail/header-section.ts';
import { isId } from '../../mail/id.ts';
import { shown } from '../../input/checked.ts';
import type { UserErrorCode } from '../../input/error-codes.ts';
import { networkOf } from '../../domains/input.ts';

export type RecipientState = 'HELD' | 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'CANCELLED';

/** All that is given must hold. */
export interface MessageFilter {
  readonly domain?: string | null | undefined;
  /** The states of which a recipient must have one; not empty. */
  readonly states?: readonly RecipientState[] | null | undefined;
  readonly recipient?: string | null | undefined;
  /** The empty string is the null reverse-path; `@example.com` all addresses of that domain. */
  readonly reversePath?: string | null | undefined;
  /** An address or a network. */
  readonly clientAddress?: string | null | undefined;
  readonly internetMessageId?: string | null | undefined;
  /** An id of ours: a transaction's, or a message's own. */
  readonly transactionId?: string | null | undefined;
  /** The ids of the only messages in question; not empty. */
  readonly ids?: readonly string[] | null | undefined;
  /** Octets, both included. */
  readonly minSize?: number | null | undefined;
  readonly maxSize?: number | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
  /** Milliseconds; whole hours. */
  readonly heldFor?: number | null | undefined;
}

/** In one form; null: not asked. */
export interface Wanted {
  readonly destinationName: string | null;
  readonly recipient: string | null;
  readonly states: readonly RecipientState[] | null;
  /** The empty string is the null reverse-path. */
  readonly reversePath: string | null;
  /** The domain of the reverse-path. */
  readonly senderDomain: string | null;
  /** An address, or a network in CIDR notation. */
  readonly client: string | null;
  readonly headerMessageId: string | null;
  readonly id: string | null;
  readonly ids: readonly string[] | null;
  readonly minBytes: number | null;
  readonly maxBytes: number | null;
  readonly since: Date | null;
  readonly until: Date | null;
  readonly heldForHours: number | null;
}

export type FilterReading =
  | { readonly kind: 'OK'; readonly wanted: Wanted }
  /** A domain and a recipient of another one. */
  | { readonly kind: 'NOTHING' }
  | { readonly kind: 'BAD'; readonly field: string; readonly message: string; readonly code: UserErrorCode };

/** RFC 5321 §4.5.3.1.3 allows 256 octets, RFC 5322 §2.1.1 998 characters a line: no longer value exists. */
const MAX_CHARACTERS = 998;
const CONTROL = /[\u0000-\u001f\u007f]/;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
/** The most ids of one filter: a page of a list. */
const MAX_IDS = 100;
/** Mail is held for 60 days at the most. */
const MAX_HELD_HOURS = 60 * 24;
const TEXTS = ['domain', 'recipient', 'reversePath', 'clientAddress', 'internetMessageId', 'transactionId'] as const;

export function readMessageFilter(filter: MessageFilter): FilterReading {
  for (const field of TEXTS) {
    const text = filter[field] ?? '';
    if (text.length > MAX_CHARACTERS) return bad(field, `Enter at most ${MAX_CHARACTERS} characters.`, 'TOO_LONG');
    if (CONTROL.test(text.trim())) return bad(field, 'Enter it on one line, without control characters.');
  }
  const { states = null, ids = null } = filter;
  if (states?.length === 0) return bad('states', 'Name at least one state.', 'REQUIRED');
  const place = placeOf(filter);
  if (place.kind !== 'PLACE') return place;
  const sender = senderOf(filter.reversePath?.trim() ?? null);
  if (sender.kind !== 'SENDER') return sender;
  const bounds = boundsOf(filter);
  if (bounds.kind !== 'BOUNDS') return bounds;

  const client = filter.clientAddress == null ? null : networkOf(withoutBrackets(filter.clientAddress.trim()));
  if (filter.clientAddress != null && client === null) {
    return bad(
      'clientAddress',
      `"${shown(filter.clientAddress)}" is neither an IP address nor a network. Enter one, such as 192.0.2.7 or 192.0.2.0/24.`,
      'NOT_A_NETWORK',
    );
  }
  const headerMessageId = filter.internetMessageId == null ? null : searchedMessageId(filter.internetMessageId);
  if (filter.internetMessageId != null && headerMessageId === null) {
    return bad('internetMessageId', 'Enter what stands in the field Message-ID, such as <20261126.1@example.com>.');
  }
  const id = filter.transactionId == null ? null : idIn(filter.transactionId);
  if (filter.transactionId != null && id === null) {
    return bad(
      'transactionId',
      `"${shown(filter.transactionId)}" holds no id of ours. Enter the one in our 250 reply, the Received line, a report or the log.`,
    );
  }
  if (ids !== null && (ids.length === 0 || ids.length > MAX_IDS)) {
    return bad('ids', `Give 1 to ${MAX_IDS} ids.`, ids.length === 0 ? 'REQUIRED' : 'TOO_LONG');
  }
  const wrong = ids?.find((given) => !isId(given.toLowerCase()));
  if (wrong !== undefined) return bad('ids', `"${shown(wrong)}" is no id of a message.`);

  return {
    kind: 'OK',
    wanted: {
      destinationName: place.destinationName,
      recipient: place.recipient,
      states: states === null ? null : [...new Set(states)],
      reversePath: sender.reversePath,
      senderDomain: sender.senderDomain,
      client,
      headerMessageId,
      id,
      ids: ids?.map((given) => given.toLowerCase()) ?? null,
      minBytes: bounds.minBytes,
      maxBytes: bounds.maxBytes,
      since: bounds.since,
      until: bounds.until,
      heldForHours: bounds.heldForHours,
    },
  };
}

/** The id of ours within a text; null: it has none. */
function idIn(text: string): string | null {
  const id = ID.exec(text.toLowerCase())?.[0] ?? null;
  return id !== null && isId(id) ? id : null;
}

function bad(field: string, message: string, code: UserErrorCode = 'INVALID'): FilterReading & { kind: 'BAD' } {
  return { kind: 'BAD', field, message, code };
}

type Bounds =
  | ({ readonly kind: 'BOUNDS' } & Pick<Wanted, 'minBytes' | 'maxBytes' | 'since' | 'until' | 'heldForHours'>)
  | (FilterReading & { kind: 'BAD' });

function boundsOf(filter: MessageFilter): Bounds {
  const { minSize: minBytes = null, maxSize: maxBytes = null, since = null, until = null, heldFor = null } = filter;
  const heldForHours = heldFor === null ? null : wholeUnits(heldFor, 'h', MAX_HELD_HOURS);
  if (heldFor !== null && heldForHours === null) {
    const message = `heldFor is a number of whole hours, PT1H to PT${MAX_HELD_HOURS}H.`;
    return bad('heldFor', message, 'OUT_OF_RANGE');
  }
  if (since !== null && until !== null && since >= until)
    return bad('until', 'until must be later than since.', 'OUT_OF_RANGE');
  if (minBytes !== null && maxBytes !== null && minBytes > maxBytes)
    return bad('maxSize', 'maxSize must not be less than minSize.', 'OUT_OF_RANGE');
  return { kind: 'BOUNDS', minBytes, maxBytes, since, until, heldForHours };
}

type Place =
  | { readonly kind: 'PLACE'; readonly destinationName: string | null; readonly recipient: string | null }
  | (FilterReading & { kind: 'NOTHING' | 'BAD' });

/** The recipient decides the domain. */
function placeOf(filter: MessageFilter): Place {
  const domain = filter.domain ?? null;
  const name = domain === null ? null : normalizeDomain(domain.trim());
  if (domain !== null && name === null) {
    return bad(
      'domain',
      `"${shown(domain)}" is no domain. Enter the name of one of your domains, such as example.org.`,
      'NOT_A_DOMAIN',
    );
  }
  const recipient = filter.recipient?.trim() ?? null;
  if (recipient === null) return { kind: 'PLACE', destinationName: name, recipient };
  const parsed = parsePath(`<${withoutAngles(recipient)}>`, { allowNull: false, smtpUtf8: true });
  if (parsed.kind !== 'PATH') {
    return bad(
      'recipient',
      `"${shown(recipient)}" is no address. Enter a whole one, such as alice@example.org.`,
      'NOT_AN_ADDRESS',
    );
  }
  const { path } = parsed;
  if (name !== null && path.domain !== name) return { kind: 'NOTHING' };
  return { kind: 'PLACE', destinationName: path.domain, recipient: path.address };
}

type Sender =
  | { readonly kind: 'SENDER'; readonly reversePath: string | null; readonly senderDomain: string | null }
  | (FilterReading & { kind: 'BAD' });

/** As MAIL FROM had it; of a domain also the A-labels of what a person reads. */
function senderOf(given: string | null): Sender {
  if (given === null) return { kind: 'SENDER', reversePath: null, senderDomain: null };
  const text = withoutAngles(given);
  if (!text.startsWith('@')) return { kind: 'SENDER', reversePath: text, senderDomain: null };
  const senderDomain = normalizeDomain(text.slice(1));
  if (senderDomain === null) {
    return bad(
      'reversePath',
      `"${shown(given)}" is no domain of senders. Enter one, such as @example.com.`,
      'NOT_A_DOMAIN',
    );
  }
  return { kind: 'SENDER', reversePath: null, senderDomain };
}

function withoutAngles(text: string): string {
  return /^<(.*)>$/s.exec(text)?.[1] ?? text;
}

/** RFC 5321 §4.1.3: as a Received field has them. */
function withoutBrackets(text: string): string {
  return /^\[(?:ipv6:)?(.*)\]$/is.exec(text)?.[1] ?? text;
}
