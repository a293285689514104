/** `backup-mx recipients`: User Lists. */
import { ClientError } from '../api/connection.ts';
import { allNodes, mutate, type Page, PAGE_INFO } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { notYours, numberOption, readFileOrInput, shown } from './call.ts';

/** The most that a list may have. */
const MOST_LISTED = 1_000_000;

async function list({ ask, args: [name] }: Call): Promise<Shown> {
  const query = `query ($name: String!, $first: Int!, $after: String) {
    domain(name: $name) { recipients(first: $first, after: $after) { nodes { localPart } ${PAGE_INFO} } }
  }`;
  type Entries = Page<{ readonly localPart: string }>;
  const entries = await allNodes(MOST_LISTED, async (after, first) => {
    const { domain } = await ask<{ domain: { recipients: Entries } | null }>(query, { name, first, after });
    return domain?.recipients ?? notYours('domain', name);
  });
  const localParts = entries.map(({ localPart }) => localPart);
  return {
    kind: 'TABLE',
    columns: ['LOCAL PART'],
    rows: localParts.map((localPart) => [readable(localPart)]),
    data: localParts,
  };
}

interface Change {
  readonly addedCount: number;
  readonly removedCount: number;
}

/** One local part a line; empty lines and those that begin with `#` are passed over. @throws ClientError with the line of what cannot be one */
async function readList(call: Call): Promise<readonly string[]> {
  const file = call.text('from');
  if (file === undefined) {
    if (call.args.length === 1)
      throw new UsageError('give local parts, or --from FILE: an empty file means no entries');
    return call.args.slice(1);
  }
  if (call.args.length > 1) throw new UsageError('give local parts or --from FILE, not both');
  const text = await readFileOrInput(call, file);
  return text.split(/\r?\n/).flatMap((line, index) => {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) return [];
    if (/\s/.test(entry) && !QUOTED.test(entry))
      throw new ClientError(`${file === '-' ? 'standard input' : file}, line ${index + 1}: ${complaint(entry)}`);
    return [entry];
  });
}

/** As `--from` takes it again. The API quotes what it would misread itself. */
function readable(localPart: string): string {
  return /\s/.test(localPart) && !localPart.startsWith('"') ? `"${localPart.replaceAll('\\', '\\\\')}"` : localPart;
}

/** A local part that is meant to have a space stands in quotes, with or without its domain. */
const QUOTED = /^"[^]*"(?:@\S*)?$/;

/** An entry with a space is a person's name, a column of a table or a remark, and would be a mailbox that no one has. */
function complaint(entry: string): string {
  const shown = JSON.stringify(entry.length > 80 ? `${entry.slice(0, 80)}…` : entry);
  return `${shown} has a space: one mailbox a line, and in quotes one that really has a space`;
}

async function changeList(call: Call, mutation: string): Promise<Shown> {
  const localParts = await readList(call);
  const generation = numberOption(call, 'generation');
  const input = {
    domain: call.args[0],
    localParts,
    dryRun: call.isSet('dry-run'),
    ...(mutation === 'recipientsAdd'
      ? {}
      : { force: call.isSet('force'), allowEveryone: call.isSet('allow-everyone') }),
    ...(generation === undefined ? {} : { ifGeneration: generation }),
  };
  const fields = 'change { addedCount removedCount added removed }';
  return shown(await mutate<{ readonly change: Change | null }>(call, mutation, input, fields), ({ change: done }) => {
    if (done === null) return { kind: 'REFUSED', errors: [] };
    const line = `${input.dryRun ? 'would add' : 'added'} ${done.addedCount}, ${input.dryRun ? 'would remove' : 'removed'} ${done.removedCount}`;
    return { kind: 'LINE', line, data: done };
  });
}

async function forget(call: Call): Promise<Shown> {
  const [address] = call.args;
  return shown(await mutate(call, 'recipientForget', { address }), () => ({
    kind: 'LINE',
    line: `${address} will be asked again`,
    data: { address },
  }));
}

function changing(word: string, mutation: string, says: string): Action {
  const force = mutation === 'recipientsAdd' ? '' : ' [--force] [--allow-everyone]';
  return {
    usage: `${word} DOMAIN (LOCALPART... | --from FILE|-) [--generation N] [--dry-run]${force}`,
    says,
    argCount: { least: 1, most: 1000 },
    options: {
      from: 'TEXT',
      generation: 'TEXT',
      'dry-run': 'FLAG',
      ...(force === '' ? {} : { force: 'FLAG' as const, 'allow-everyone': 'FLAG' as const }),
    },
    run: (call) => changeList(call, mutation),
  };
}

export const recipientsVerb: VerbTable = {
  verb: 'recipients',
  says: 'User Lists.',
  example: 'backup-mx recipients replace example.org --from users.txt --dry-run',
  actions: {
    list: {
      usage: 'list DOMAIN',
      says: 'Lists the entries of a User List.',
      argCount: 1,
      run: list,
    },
    add: changing('add', 'recipientsAdd', 'Adds entries.'),
    remove: changing(
      'remove',
      'recipientsRemove',
      'Removes entries; the last ones only with --allow-everyone, since then any mailbox is accepted.',
    ),
    replace: changing('replace', 'recipientsReplace', 'Replaces the list; an empty one needs --allow-everyone.'),
    forget: {
      usage: 'forget ADDRESS',
      says: 'Forgets the answer about a mailbox, so that the primary is asked again.',
      argCount: 1,
      run: forget,
    },
  },
};
