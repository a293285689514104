/** `backup-mx domain set-mx` and `unset-mx`: MX records written into a zone by dynamic update. */
import { type Action, type Call, numberOption, type Shown } from './action.ts';
import { BadUse } from './bad-use.ts';
import { mutate } from '../client/mutation.ts';
import { readFileOrInput } from './file.ts';

interface Payload {
  readonly zone: string | null;
  readonly records: readonly { readonly preference: number; readonly host: string; readonly change: string }[];
}

const OPTIONS = { server: 'TEXT', key: 'TEXT', algorithm: 'TEXT', 'secret-file': 'TEXT', 'dry-run': 'FLAG' } as const;
const USAGE = '[--server HOST[:PORT]] [--key NAME --secret-file FILE [--algorithm HMAC-SHA256]] [--dry-run]';

/** The secret is in a file: what stands in the arguments every user of the machine can read. */
async function keyOf(call: Call): Promise<Record<string, string> | null> {
  const keyName = call.text('key');
  const file = call.text('secret-file');
  if (keyName === undefined && file === undefined) return null;
  if (keyName === undefined || file === undefined) throw new BadUse('--key and --secret-file belong together');
  const algorithm = (call.text('algorithm') ?? 'hmac-sha256').toUpperCase().replaceAll('-', '_');
  return { keyName, algorithm, secret: (await readFileOrInput(call, file)).trim() };
}

function serverOf(call: Call): { host: string; port?: number } | null {
  const text = call.text('server');
  if (text === undefined) return null;
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  return port === undefined ? { host } : { host, port: Number(port) };
}

async function change(call: Call, mutation: string, more: Readonly<Record<string, unknown>>): Promise<Shown> {
  const tsig = await keyOf(call);
  const input = { name: call.args[0], dnsServer: serverOf(call), tsig, dryRun: call.isSet('dry-run'), ...more };
  const answer = await mutate<Payload>(call, mutation, input, 'zone records { preference host change }');
  if (answer.kind === 'REFUSED') return answer;
  const { records } = answer.payload;
  return {
    kind: 'TABLE',
    columns: [{ title: 'CHANGE' }, { title: 'PREFERENCE', align: 'RIGHT' }, { title: 'HOST' }],
    rows: records.map(({ preference, host, change: what }) => [what, preference, host]),
    data: answer.payload,
  };
}

const ONE = { least: 1, most: 1 };

export const setMxActions: Readonly<Record<string, Action>> = {
  'set-mx': {
    usage: `set-mx NAME ${USAGE} [--preference N] [--sandwich | --no-sandwich]`,
    says: 'Adds our MX records, all our names, to its zone by dynamic update; with --dry-run only says what it would add.',
    example: 'backup-mx domain set-mx example.org --key backup-mx --secret-file key.secret --dry-run',
    argCount: ONE,
    options: { ...OPTIONS, preference: 'TEXT', sandwich: 'FLAG', 'no-sandwich': 'FLAG' },
    run: (call) => {
      const preference = numberOption(call, 'preference');
      if (call.isSet('sandwich') && call.isSet('no-sandwich')) throw new BadUse('--sandwich or --no-sandwich');
      const sandwich = call.isSet('sandwich') ? true : call.isSet('no-sandwich') ? false : null;
      return change(call, 'domainSetMx', { preference: preference ?? null, sandwich });
    },
  },
  'unset-mx': {
    usage: `unset-mx NAME ${USAGE}`,
    says: 'Takes the records out again that set-mx has added.',
    example: 'backup-mx domain unset-mx example.org --key backup-mx --secret-file key.secret',
    argCount: ONE,
    options: OPTIONS,
    run: (call) => change(call, 'domainUnsetMx', {}),
  },
};
