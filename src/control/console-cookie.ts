/**
 * The cookie that a browser's session comes in, and when it is believed.
 *
 * `__Host-bmx` where PUBLIC_URL is https and the request names its host; `bmx` on a loopback address, which no network carries.
 * Everywhere else plain HTTP would show it to whoever listens, so there is no session. A request to the API is believed by its
 * cookie only if a page of ours has sent it: a foreign page's fetch has another `Sec-Fetch-Site`, and its form another media type.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** The lifetime of a session; the database knows whether it has ended before. */
const LASTS_SECONDS = 12 * 3600;

export interface CookieKind {
  readonly name: '__Host-bmx' | 'bmx';
  readonly attributes: string;
  /** As a browser names it in `Origin`. */
  readonly origin: string;
}

/** The cookie for requests to this host; null: there it would not be safe. */
export function cookieKindOf(host: string, publicUrl: string): CookieKind | null {
  const ours = new URL(publicUrl);
  if (ours.protocol === 'https:' && host === ours.host) {
    return { name: '__Host-bmx', attributes: 'Path=/; HttpOnly; Secure; SameSite=Lax', origin: ours.origin };
  }
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
  return isLoopback ? { name: 'bmx', attributes: 'Path=/; HttpOnly; SameSite=Lax', origin: `http://${host}` } : null;
}

/** The header field that gives the cookie. */
export function setCookie({ name, attributes }: CookieKind, secret: string): string {
  return `${name}=${secret}; ${attributes}; Max-Age=${LASTS_SECONDS}`;
}

/** The header field that takes it back. */
export function clearCookie({ name, attributes }: CookieKind): string {
  return `${name}=; ${attributes}; Max-Age=0`;
}

/** The credential in the cookie of a page request, as the authentication reads it; empty: there is none. */
export function cookieCredential(headers: IncomingHttpHeaders, publicUrl: string): string {
  const kind = cookieKindOf(headers.host ?? '', publicUrl);
  const cookies = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const value = kind === null ? undefined : cookies.find(([name]) => name === kind.name)?.[1];
  return value === undefined ? '' : `Session ${value}`;
}

/** Whether a page of ours has sent this request, as far as its browser says; never for a script. */
export function isFromOurPage(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const kind = cookieKindOf(headers.host ?? '', publicUrl);
  if (kind === null) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined ? headers.origin === kind.origin : site === 'same-origin';
}

/** The credential of a request to the API: its Authorization header, else the cookie that a page of ours has sent as JSON. */
export function apiCredential(headers: IncomingHttpHeaders, publicUrl: string): string {
  if (headers.authorization !== undefined) return headers.authorization;
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
  return isJson && isFromOurPage(headers, publicUrl) ? cookieCredential(headers, publicUrl) : '';
}
