/**
 * Reads the form that a page of the console has sent: whole, at a pace, and within the room there is.
 *
 * Whoever is not signed in sends a token or a code, which are short. What others may send is held in memory as it comes, so it
 * counts for their tenant.
 */
import type { IncomingMessage } from 'node:http';
import { createOctets, receiveOctets } from './admission/request-octets.ts';
import { type Refused, refuse } from './admission/refusals.ts';
import { createRoom } from './admission/request-room.ts';

const MIB = 1024 * 1024;
/** Octets of a form to sign in with: a token, where to go next, and a time zone. */
const MOST_AT_THE_DOOR = 16 * 1024;
/** Octets of another form; a User List of a million mailboxes is sent by the command or as a file of the API. */
const MOST = MIB;
/** Each is a few objects in memory; no form of ours has a tenth of it. */
const MOST_FIELDS = 500;
/** Octets under way of all tenants together, and of one. */
const ROOM = { total: 32 * MIB, each: 4 * MIB };
const RETRY_SECONDS = 5;

const TOO_LARGE = refuse(
  413,
  'REQUEST_ENTITY_TOO_LARGE',
  'The form is larger than it may be. Use the command, which sends large lists.',
);
const TOO_MANY_FIELDS = refuse(413, 'REQUEST_ENTITY_TOO_LARGE', `The form has more than ${MOST_FIELDS} fields.`);
const NO_ROOM = refuse(
  503,
  'UNAVAILABLE',
  'The service has as many forms in memory as it takes at once. Send this one again in a moment.',
  RETRY_SECONDS,
);

export type ReadForm = { readonly kind: 'READ'; readonly fields: URLSearchParams } | Refused;

export interface FormRequest {
  readonly incoming: IncomingMessage;
  /** Null: of somebody who is not signed in. */
  readonly tenantId: string | null;
  /** Fires when its client has gone. */
  readonly signal: AbortSignal;
}

/** @param apartTenantId a tenant that shares no room with the others */
export function createFormReader(apartTenantId: string): (request: FormRequest) => Promise<ReadForm> {
  const room = createRoom(ROOM, apartTenantId);

  async function receive(request: FormRequest, most: number): Promise<ReadForm> {
    const octets = createOctets();
    let length = 0;
    const refused = await receiveOctets(request, (chunk): Refused | null => {
      length += chunk.length;
      if (length > most) return TOO_LARGE;
      octets.append(chunk);
      return null;
    });
    if (refused !== null) return refused;
    const text = octets.text({ start: 0, end: length });
    return countFields(text) > MOST_FIELDS ? TOO_MANY_FIELDS : { kind: 'READ', fields: new URLSearchParams(text) };
  }

  return async (request) => {
    const { incoming, tenantId } = request;
    // What comes in chunks without an end announced is refused as well.
    const announced = Number(incoming.headers['content-length'] ?? Infinity);
    const most = tenantId === null ? MOST_AT_THE_DOOR : MOST;
    if (!(announced <= most)) return TOO_LARGE;
    if (tenantId === null) return receive(request, most);
    if (room.take(tenantId, announced) !== null) return NO_ROOM;
    try {
      return await receive(request, most);
    } finally {
      room.giveBack(tenantId, announced);
    }
  };
}

/** No further than one too many. */
function countFields(text: string): number {
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0 && count <= MOST_FIELDS; at = text.indexOf('&', at + 1)) count += 1;
  return count;
}
