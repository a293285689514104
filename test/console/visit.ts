/** Somebody who is signed in at the console, without a browser. */
import type { Harness } from '../control/harness.ts';

type Pairs = readonly (readonly [name: string, value: string])[];
/** Pairs where a name may come more than once. */
type Fields = Readonly<Record<string, string>> | Pairs;

export interface Visit {
  readonly cookie: string;
  get(path: string): Promise<Response>;
  /** The text of a page. */
  page(path: string): Promise<string>;
  /** Sends a form as a page of ours does. */
  post(path: string, fields: Fields): Promise<Response>;
}

export async function createVisit({ url }: Pick<Harness, 'url'>, token: string, isReadOnly = false): Promise<Visit> {
  const body = new URLSearchParams({ token, timeZone: 'UTC', ...(isReadOnly ? { isReadOnly: 'true' } : {}) });
  const ours = { 'Sec-Fetch-Site': 'same-origin' };
  const signedIn = await fetch(`${url}/console/sign-in`, { method: 'POST', redirect: 'manual', headers: ours, body });
  const cookie = signedIn.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  const get = (path: string): Promise<Response> =>
    fetch(url + path, { headers: { Cookie: cookie }, redirect: 'manual' });
  return {
    cookie,
    get,
    page: async (path) => (await get(path)).text(),
    post: (path, fields) =>
      fetch(url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...ours, Cookie: cookie },
        body: new URLSearchParams(pairsOf(fields)),
      }),
  };
}

function pairsOf(fields: Fields): [string, string][] {
  const pairs: Pairs = Symbol.iterator in fields ? fields : Object.entries(fields);
  return pairs.map(([name, value]) => [name, value]);
}
