/** `backup-mx dnsbl`: the DNS block lists of a domain. */
import type { Domain } from '../../control/generated.ts';
import { mutate, type Selected } from '../api/requests.ts';
import { ClientError } from '../api/connection.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { find, numberOption, shown, tableOf } from './call.ts';
import { confirmed } from './confirm.ts';
import { counted, right, text, textOf } from './table.ts';

const LISTS = 'revision dnsblZones { zone mode weight codes isOn reason checkedCount listedCount }';
type Lists = Selected<Domain, typeof LISTS>;

function readLists(call: Call): Promise<Lists> {
  return find(call, 'domain', call.args[0], LISTS);
}

async function list(call: Call): Promise<Shown> {
  const { dnsblZones } = await readLists(call);
  return tableOf(dnsblZones, [
    ['ZONE', ({ zone }) => zone],
    ['MODE', ({ mode }) => mode],
    [right('WEIGHT'), ({ weight }) => weight],
    ['ON', ({ isOn }) => isOn],
    [right('CHECKED'), ({ checkedCount }) => checkedCount],
    [right('LISTED'), ({ listedCount }) => listedCount],
    [text('REASON'), ({ reason }) => reason],
  ]);
}

type Zone = Pick<Lists['dnsblZones'][number], 'zone' | 'mode' | 'weight' | 'codes'>;

/** Writes the list as it is wanted, unless somebody has changed the domain since it was read. */
async function write(call: Call, { revision }: Lists, zones: readonly Zone[], line: string): Promise<Shown> {
  const dnsblZones = zones.map(({ zone, mode, weight, codes }) => ({ zone, mode, weight, codes }));
  const input = { name: call.args[0], dnsblZones, expectedRevision: revision };
  const answer = await mutate(call, 'domainUpdate', input, 'domain { name dnsblZones { zone mode } }');
  return shown(answer, ({ domain }) => ({ kind: 'LINE', line, data: domain?.dnsblZones }));
}

async function add(call: Call): Promise<Shown> {
  const [, zone = ''] = call.args;
  const lists = await readLists(call);
  const others = lists.dnsblZones.filter((each) => each.zone !== zone.toLowerCase());
  const mode = call.isSet('reject') ? 'REJECT' : 'DRY_RUN';
  const added: Zone = { zone, mode, weight: numberOption(call, 'weight') ?? 1, codes: call.list('code') };
  return write(call, lists, [...others, added], `${zone} is used for ${call.args[0]}, mode ${mode}`);
}

/** The lists, the one to remove, and the others. */
async function readRemoval(call: Call) {
  const [name, zone = ''] = call.args;
  const lists = await readLists(call);
  const removed = lists.dnsblZones.find((each) => each.zone === zone.toLowerCase());
  if (removed === undefined) throw new ClientError(`${name} does not use "${zone}"`);
  return { lists, removed, rest: lists.dnsblZones.filter((each) => each !== removed) };
}

async function describeRemoval(call: Call): Promise<string> {
  const { removed, rest } = await readRemoval(call);
  const used = `It looked up ${counted(removed.checkedCount, 'sender')} and listed ${removed.listedCount}`;
  return `This removes 1 list, ${textOf(removed.zone)} (${removed.mode}), and leaves ${rest.length}. ${used}.`;
}

async function remove(call: Call): Promise<Shown> {
  const { lists, rest } = await readRemoval(call);
  return write(call, lists, rest, `${call.args[1]} is no longer used for ${call.args[0]}`);
}

export const dnsblVerb: VerbTable = {
  verb: 'dnsbl',
  says: 'DNS block lists.',
  example: 'backup-mx dnsbl add example.org zen.dnsbl.example',
  actions: {
    list: {
      usage: 'DOMAIN',
      says: 'Shows the lists in which its senders are looked up, with their hits.',
      run: list,
    },
    add: {
      usage: 'DOMAIN ZONE [--reject] [--weight N] [--code ADDRESS]...',
      says: 'Adds or changes a list: DRY_RUN unless --reject is given.',
      mutations: ['domainUpdate'],
      run: add,
    },
    remove: confirmed(
      { usage: 'DOMAIN ZONE', says: 'Removes a list.', mutations: ['domainUpdate'], run: remove },
      describeRemoval,
    ),
  },
};
