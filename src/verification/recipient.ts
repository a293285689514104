/**
 * A recipient and what is known of it, as the policy reads it: instants on this node's monotonic clock, made from the
 * database's distances, so that nothing here has to ask what time it is there.
 */

/** An address that is backed up, by local part in its one form (mail/address.ts), without what its domain's delimiter parts. */
export interface Recipient {
  readonly destinationId: string;
  readonly tenantId: string;
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

/** As the statements of answers.ts give it: distances from now on the database's clock, in milliseconds. */
export interface StatusRow {
  answer: 'POSITIVE' | 'NEGATIVE' | null;
  refresh_in_ms: number | null;
  expires_in_ms: number | null;
  suspected_in_ms: number | null;
  is_delivered: boolean;
  is_paused: boolean;
}

/** @param nowMs the monotonic clock when the row was asked for */
export function statusOf(row: StatusRow, nowMs: number): VerificationStatus {
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
export function keyOf({ destinationId, localPart }: Pick<Recipient, 'destinationId' | 'localPart'>): string {
  return `${destinationId} ${localPart}`;
}

const NOTICE = 'recipient:';

/** Tells other nodes, on the settings channel, that a recipient is to be forgotten: `recipient:DESTINATION:LOCAL-PART`. */
export function formatForgetNotice({
  destinationId,
  localPart,
}: Pick<Recipient, 'destinationId' | 'localPart'>): string {
  return `${NOTICE}${destinationId}:${localPart}`;
}

/** Null for any other notice. A local part may hold colons, an id does not. */
export function parseForgetNotice(payload: string): Pick<Recipient, 'destinationId' | 'localPart'> | null {
  if (!payload.startsWith(NOTICE)) return null;
  const rest = payload.slice(NOTICE.length);
  const colon = rest.indexOf(':');
  return colon < 0 ? null : { destinationId: rest.slice(0, colon), localPart: rest.slice(colon + 1) };
}
