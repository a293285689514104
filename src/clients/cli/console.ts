/** `backup-mx console`: opens the web console in a browser, and shows and ends its sessions. */
import { mutate } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { shown, tableOf } from './call.ts';
import { text } from './table.ts';

async function open(call: Call): Promise<Shown> {
  const input = { isReadOnly: call.isSet('read-only') };
  const result = await mutate(call, 'consoleLinkCreate', input, 'url expiresAt');
  if (result.kind === 'REFUSED') return result;
  const { url, expiresAt } = result.payload;
  const link = new URL(url ?? '');
  const domain = call.text('domain');
  if (domain !== undefined) link.searchParams.set('next', `/console/d/${encodeURIComponent(domain)}`);
  const isOpen = !call.isSet('print') && call.terminal.isScreen && (await call.terminal.openBrowser(link.href));
  const line = isOpen
    ? `The console opens in your browser. If it does not: ${link.href}`
    : `Open this within two minutes; it opens once: ${link.href}`;
  return { kind: 'LINE', line, data: { url: link.href, expiresAt } };
}

const SESSIONS = 'id startedAt lastUsedAt expiresAt clientAddress isCurrent';

interface Session {
  readonly id: string;
  readonly startedAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly clientAddress: string | null;
}

async function sessions(call: Call): Promise<Shown> {
  const { viewer } = await call.ask<{ viewer: { consoleSessions: readonly Session[] } }>(
    `{ viewer { consoleSessions { ${SESSIONS} } } }`,
  );
  return tableOf(viewer.consoleSessions, [
    ['ID', ({ id }) => id],
    ['STARTED', ({ startedAt }) => call.time(startedAt)],
    ['LAST USED', ({ lastUsedAt }) => call.time(lastUsedAt)],
    ['ENDS', ({ expiresAt }) => call.time(expiresAt)],
    [text('FROM'), ({ clientAddress }) => clientAddress],
  ]);
}

export const consoleVerb: VerbTable = {
  verb: 'console',
  says: 'The web console, for whoever would rather look than type.',
  example: 'backup-mx console --domain example.org',
  preset: 'open',
  actions: {
    open: {
      usage: '[--domain NAME] [--read-only] [--print]',
      says: 'Opens the console in your browser, signed in with your token. --print only prints the link.',
      mutations: ['consoleLinkCreate'],
      run: open,
    },
    sessions: {
      usage: '',
      says: 'Lists the open sessions of your token.',
      run: sessions,
    },
    end: {
      usage: 'ID',
      says: 'Ends one of them, within a second on every node.',
      mutations: ['consoleSessionEnd'],
      run: async (call) =>
        shown(await mutate(call, 'consoleSessionEnd', { id: call.args[0] }, ''), () => ({
          kind: 'LINE',
          line: 'the session has ended',
          data: { id: call.args[0] },
        })),
    },
  },
};
