/**
 * Whether a token pays for a request, or it takes a turn of strangers (strangers.ts).
 *
 * A request to the API is charged where it is answered. A page, a form or a file of the console is charged here: each, also those
 * that ask the API for nothing. A cookie that is shown at the door of the console pays for nothing.
 */
import type { IncomingMessage } from 'node:http';
import { cookieCredential } from '../console-cookie.ts';
import type { Authentication } from './auth.ts';
import type { Billing } from './billing.ts';

const DOOR = /^\/console\/(?:sign-in|enter)(?:[/?]|$)/;

export interface PayingDeps {
  readonly authenticate: Pick<Authentication, 'find' | 'isKnown'>;
  readonly billing: Pick<Billing, 'accountOf'>;
  readonly publicUrl: string;
}

type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & {
  readonly socket: { remoteAddress?: string | undefined };
};

export function createPaying({ authenticate, billing, publicUrl }: PayingDeps): (asked: Asked) => Promise<boolean> {
  return async ({ method, url = '', headers, socket }) => {
    const isApi = method === 'POST' && url.split('?')[0] === '/graphql';
    if (!isApi && (!url.startsWith('/console') || DOOR.test(url))) return false;
    const credential = (isApi ? headers.authorization : undefined) ?? cookieCredential(headers, publicUrl);
    if (!authenticate.isKnown(credential)) return false;
    // If the database is away, the answer says so.
    const caller = await authenticate.find(credential, socket.remoteAddress ?? null).catch(() => null);
    if (caller === null) return false;
    const account = billing.accountOf(caller);
    return (isApi ? account.waitOf() : account.begin()) === 0;
  };
}
