/** `backup-mx dnsbl`: the DNS block lists of a domain. */
import { mutate } from '../api/requests.ts';
import { ClientError } from '../api/connection.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { find, numberOption, shown } from './call.ts';
import { right } from './table.ts';

interface Zone {
  readonly zone: string;
  readonly mode: string;
  readonly weight: number;
  readonly codes: readonly string[];
  readonly isOn?: boolean;
  readonly reason?: string | null;
  readonly checkedCount?: number;
  readonly listedCount?: number;
}

interface Lists {
  readonly revision: number;
  readonly dnsblZones: readonly Zone[];
}

function readLists(call: Call): Promise<Lists> {
  const fields = 'revision dnsblZones { zone mode weight codes isOn reason checkedCount listedCount }';
  return find<Lists>(call, 'domain', call.args[0], fields);
}

async function list(call: Call): Promise<Shown> {
  const { dnsblZones } = await readLists(call);
  return {
    kind: 'TABLE',
    columns: ['ZONE', 'MODE', right('WEIGHT'), 'ON', right('CHECKED'), right('LISTED'), 'REASON'],
    rows: dnsblZones.map(({ zone, mode, weight, isOn, checkedCount, listedCount, reason }) => [
      zone,
      mode,
      weight,
      isOn,
      checkedCount,
      listedCount,
      reason,
    ]),
    data: dnsblZones,
  };
}

/** Writes the list as it is wanted, unless somebody has changed the domain since it was read. */
async function write(call: Call, { revision }: Lists, zones: readonly Zone[], line: string): Promise<Shown> {
  const dnsblZones = zones.map(({ zone, mode, weight, codes }) => ({ zone, mode, weight, codes }));
  type Payload = { readonly domain: { readonly dnsblZones: readonly Zone[] } | null };
  const input = { name: call.args[0], dnsblZones, expectedRevision: revision };
  const fields = 'domain { name dnsblZones { zone mode } }';
  return shown(await mutate<Payload>(call, 'domainUpdate', input, fields), ({ domain }) => ({
    kind: 'LINE',
    line,
    data: domain?.dnsblZones,
  }));
}

async function add(call: Call): Promise<Shown> {
  const [, zone = ''] = call.args;
  const lists = await readLists(call);
  const others = lists.dnsblZones.filter((each) => each.zone !== zone.toLowerCase());
  const mode = call.isSet('reject') ? 'REJECT' : 'DRY_RUN';
  const added = { zone, mode, weight: numberOption(call, 'weight') ?? 1, codes: call.list('code') };
  return write(call, lists, [...others, added], `${zone} is used for ${call.args[0]}, mode ${mode}`);
}

async function remove(call: Call): Promise<Shown> {
  const [name, zone = ''] = call.args;
  const lists = await readLists(call);
  const rest = lists.dnsblZones.filter((each) => each.zone !== zone.toLowerCase());
  if (rest.length === lists.dnsblZones.length) throw new ClientError(`${name} does not use "${zone}"`);
  return write(call, lists, rest, `${zone} is no longer used for ${name}`);
}

export const dnsblVerb: VerbTable = {
  verb: 'dnsbl',
  says: 'DNS block lists.',
  example: 'backup-mx dnsbl add example.org zen.dnsbl.example',
  actions: {
    list: {
      usage: 'list DOMAIN',
      says: 'Shows the lists in which its senders are looked up, with their hits.',
      argCount: 1,
      run: list,
    },
    add: {
      usage: 'add DOMAIN ZONE [--reject] [--weight N] [--code ADDRESS]...',
      says: 'Adds or changes a list: DRY_RUN unless --reject is given.',
      argCount: 2,
      options: { reject: 'FLAG', weight: 'TEXT', code: 'LIST' },
      run: add,
    },
    remove: {
      usage: 'remove DOMAIN ZONE',
      says: 'Removes a list.',
      argCount: 2,
      run: remove,
    },
  },
};
