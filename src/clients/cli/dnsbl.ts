/** `backup-mx dnsbl`: the DNS block lists of a domain. */
import { type Call, numberOption, type Shown, type VerbTable } from './action.ts';
import { mutate } from '../api/mutation.ts';
import { Refusal } from '../api/refusal.ts';

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

async function readLists({ ask }: Call, name: string | undefined): Promise<Lists> {
  const query =
    'query ($name: String!) { domain(name: $name) { revision dnsblZones { zone mode weight codes isOn reason checkedCount listedCount } } }';
  const { domain } = await ask<{ domain: Lists | null }>(query, { name });
  if (domain === null) throw new Refusal(`you have no domain "${name}"`);
  return domain;
}

async function list(call: Call): Promise<Shown> {
  const { dnsblZones } = await readLists(call, call.args[0]);
  return {
    kind: 'TABLE',
    columns: [
      { title: 'ZONE' },
      { title: 'MODE' },
      { title: 'WEIGHT', align: 'RIGHT' },
      { title: 'ON' },
      { title: 'CHECKED', align: 'RIGHT' },
      { title: 'LISTED', align: 'RIGHT' },
      { title: 'REASON' },
    ],
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
  const answer = await mutate<Payload>(call, 'domainUpdate', input, 'domain { name dnsblZones { zone mode } }');
  if (answer.kind === 'REFUSED') return answer;
  return { kind: 'LINE', line, data: answer.payload.domain?.dnsblZones };
}

async function add(call: Call): Promise<Shown> {
  const [, zone = ''] = call.args;
  const lists = await readLists(call, call.args[0]);
  const others = lists.dnsblZones.filter((each) => each.zone !== zone.toLowerCase());
  const mode = call.isSet('reject') ? 'REJECT' : 'DRY_RUN';
  const added = { zone, mode, weight: numberOption(call, 'weight') ?? 1, codes: call.list('code') };
  return write(call, lists, [...others, added], `${zone} is asked for ${call.args[0]}, mode ${mode}`);
}

async function remove(call: Call): Promise<Shown> {
  const [name, zone = ''] = call.args;
  const lists = await readLists(call, name);
  const rest = lists.dnsblZones.filter((each) => each.zone !== zone.toLowerCase());
  if (rest.length === lists.dnsblZones.length) throw new Refusal(`${name} does not ask "${zone}"`);
  return write(call, lists, rest, `${zone} is not asked for ${name} any more`);
}

export const dnsblVerb: VerbTable = {
  verb: 'dnsbl',
  says: 'DNS block lists.',
  example: 'backup-mx dnsbl add example.org zen.dnsbl.example',
  actions: {
    list: {
      usage: 'list DOMAIN',
      says: 'The lists its senders are looked up in, with their hits.',
      argCount: { least: 1, most: 1 },
      options: {},
      run: list,
    },
    add: {
      usage: 'add DOMAIN ZONE [--reject] [--weight N] [--code ADDRESS]...',
      says: 'Asks a list, or asks it otherwise: on trial unless --reject is given.',
      argCount: { least: 2, most: 2 },
      options: { reject: 'FLAG', weight: 'TEXT', code: 'LIST' },
      run: add,
    },
    remove: {
      usage: 'remove DOMAIN ZONE',
      says: 'Asks a list no more.',
      argCount: { least: 2, most: 2 },
      options: {},
      run: remove,
    },
  },
};
