/** `backup-mx domain mx`: the MX records to publish, as text. `set-mx` and `unset-mx`: written into a zone by dynamic update. */
import { type Action, type Call, numberOption, type Shown } from './action.ts';
import { BadUse } from './bad-use.ts';
import { mutate } from '../api/mutation.ts';
import { Refusal } from '../api/refusal.ts';
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

interface Recommended {
  readonly zoneFile: string;
  readonly formRecords: readonly {
    readonly change: string;
    readonly name: string;
    readonly type: string;
    readonly preference: number;
    readonly host: string;
    readonly ttlSeconds: number;
  }[];
}

async function show({ ask, args: [name], isSet }: Call): Promise<Shown> {
  const { domain } = await ask<{ domain: { mx: Recommended } | null }>(
    `query ($name: String!) { domain(name: $name) { mx { zoneFile formRecords { change name type preference host ttlSeconds } } } }`,
    { name },
  );
  if (domain === null) throw new Refusal(`you have no domain "${name}"`);
  const { zoneFile, formRecords } = domain.mx;
  if (isSet('zone-file')) return { kind: 'LINE', line: zoneFile.trimEnd(), data: domain.mx };
  return {
    kind: 'TABLE',
    columns: [
      { title: 'CHANGE' },
      { title: 'NAME' },
      { title: 'TYPE' },
      { title: 'PRIORITY', align: 'RIGHT' },
      { title: 'VALUE' },
      { title: 'TTL', align: 'RIGHT' },
    ],
    rows: formRecords.map((mx) => [mx.change, mx.name, mx.type, mx.preference, mx.host, mx.ttlSeconds]),
    data: domain.mx,
  };
}

const ONE = { least: 1, most: 1 };

export const setMxActions: Readonly<Record<string, Action>> = {
  mx: {
    usage: 'mx NAME [--zone-file]',
    says: 'The MX records to publish, field by field as forms of DNS hosts ask for them, or as lines of a zone file.',
    example: 'backup-mx domain mx example.org --zone-file',
    argCount: ONE,
    options: { 'zone-file': 'FLAG' },
    run: show,
  },
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
