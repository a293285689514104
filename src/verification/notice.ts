/**
 * How nodes tell each other on the settings channel that a recipient is to be forgotten: `recipient:DESTINATION:LOCAL-PART`.
 */
import type { Recipient } from './recipient.ts';

const NOTICE = 'recipient:';

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
