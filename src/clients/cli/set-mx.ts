/** `backup-mx domain mx`: the MX records to publish, as text. `set-mx` and `unset-mx`: written into a zone by dynamic update. */
import { parseDuration, UNIT_MS } from '../../mail/duration.ts';
import { mutate } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError } from './action.ts';
import { find, numberOption, readFileOrInput, shown, tableOf } from './call.ts';
import { confirmed, describeUnsetMx } from './confirm.ts';
import { right } from './table.ts';

const ZONE_CHANGE = '[--server HOST[:PORT]] [--key NAME --secret-file FILE [--algorithm ALGORITHM]] [--dry-run]';

/** The secret is in a file: what stands in the arguments every user of the machine can read. */
async function keyOf(call: Call): Promise<Record<string, string> | null> {
  const keyName = call.text('key');
  const file = call.text('secret-file');
  if (keyName === undefined && file === undefined) return null;
  if (keyName === undefined || file === undefined) throw new UsageError('--key and --secret-file belong together');
  const algorithm = call.text('algorithm') ?? 'HMAC_SHA256';
  return { keyName, algorithm, secret: (await readFileOrInput(call, file)).trim() };
}

function serverOf(call: Call): { host: string; port?: number } | null {
  const text = call.text('server');
  if (text === undefined) return null;
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  return port === undefined ? { host } : { host, port: Number(port) };
}

async function changeZone(
  call: Call,
  mutation: 'domainSetMx' | 'domainUnsetMx',
  more: Readonly<Record<string, unknown>>,
): Promise<Shown> {
  const tsig = await keyOf(call);
  const input = { name: call.args[0], dnsServer: serverOf(call), tsig, dryRun: call.isSet('dry-run'), ...more };
  return shown(await mutate(call, mutation, input, 'zone records { preference host change }'), ({ zone, records }) => ({
    ...tableOf(records, [
      ['CHANGE', ({ change }) => change],
      [right('PREFERENCE'), ({ preference }) => preference],
      ['HOST', ({ host }) => host],
    ]),
    data: { zone, records },
  }));
}

async function show(call: Call): Promise<Shown> {
  const fields = 'mx { zoneFile formRecords { change name type preference host ttl } }';
  const { mx } = await find(call, 'domain', call.args[0], fields);
  if (call.isSet('zone-file')) return { kind: 'LINE', line: mx.zoneFile.trimEnd(), data: mx };
  const table = tableOf(mx.formRecords, [
    ['CHANGE', ({ change }) => change],
    ['NAME', ({ name }) => name],
    ['TYPE', ({ type }) => type],
    [right('PRIORITY'), ({ preference }) => preference],
    ['VALUE', ({ host }) => host],
    [right('TTL'), ({ ttl }) => (parseDuration(ttl) ?? 0) / UNIT_MS.s],
  ]);
  return { ...table, data: mx };
}

export const setMxActions: Readonly<Record<string, Action>> = {
  mx: {
    usage: 'NAME [--zone-file]',
    says: 'Shows the MX records to publish, field by field as forms of DNS hosts ask for them, or as lines of a zone file.',
    example: 'backup-mx domain mx example.org --zone-file',
    run: show,
  },
  'set-mx': {
    usage: `NAME ${ZONE_CHANGE} [--preference N] [--sandwich | --no-sandwich]`,
    says: 'Adds MX records for all our names to its zone by dynamic update; --dry-run shows what it would add.',
    example: 'backup-mx domain set-mx example.org --key backup-mx --secret-file key.secret --dry-run',
    mutations: ['domainSetMx'],
    run: (call) => {
      const preference = numberOption(call, 'preference');
      if (call.isSet('sandwich') && call.isSet('no-sandwich')) throw new UsageError('--sandwich or --no-sandwich');
      const sandwich = call.isSet('sandwich') ? true : call.isSet('no-sandwich') ? false : null;
      return changeZone(call, 'domainSetMx', { preference: preference ?? null, sandwich });
    },
  },
  'unset-mx': confirmed(
    {
      usage: `NAME ${ZONE_CHANGE}`,
      says: 'Removes the records that set-mx added; --dry-run shows what it would remove.',
      example: 'backup-mx domain unset-mx example.org --key backup-mx --secret-file key.secret',
      mutations: ['domainUnsetMx'],
      run: (call) => changeZone(call, 'domainUnsetMx', {}),
    },
    describeUnsetMx,
  ),
};
