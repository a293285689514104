/** `backup-mx recipients`: User Lists. */
import { ClientError } from '../api/connection.ts';
import { allNodes, mutate, type Page, PAGE_INFO } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { NOTHING_DONE, notYours, numberField, readFileOrInput, shown, tableOf } from './call.ts';

/** The most that a list may have. */
const MOST_LISTED = 1_000_000;

async function list({ ask, args: [name] }: Call): Promise<Shown> {
  const query = `query ($name: String!, $first: Int!, $after: String) {
    domain(by: { name: $name }) { recipientList { entries(first: $first, after: $after) { nodes { localPart } ${PAGE_INFO} } } }
  }`;
  type Entries = Page<{ readonly localPart: string }>;
  const entries = await allNodes(MOST_LISTED, async (after, first) => {
    const { domain } = await ask<{ domain: { recipientList: { entries: Entries } } | null }>(query, {
      name,
      first,
      after,
    });
    return domain?.recipientList.entries ?? notYours('domain', name);
  });
  const localParts = entries.map(({ localPart }) => localPart);
  return tableOf(localParts, [['LOCAL PART', readable]]);
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

type ListMutation = 'recipientListAdd' | 'recipientListRemove' | 'recipientListReplace';

async function changeList(call: Call, mutation: ListMutation): Promise<Shown> {
  const localParts = await readList(call);
  const input = {
    domain: call.args[0],
    localParts,
    dryRun: call.isSet('dry-run'),
    ...(mutation === 'recipientListAdd'
      ? {}
      : { force: call.isSet('force'), allowEveryone: call.isSet('allow-everyone') }),
    ...numberField(call, 'expected-revision', 'expectedRevision'),
  };
  const answer = await mutate(call, mutation, input, 'change { addedCount removedCount added removed }');
  return shown(answer, ({ change }) => {
    if (change === null) return NOTHING_DONE;
    const [added, removed] = input.dryRun ? ['would add', 'would remove'] : ['added', 'removed'];
    return { kind: 'LINE', line: `${added} ${change.addedCount}, ${removed} ${change.removedCount}`, data: change };
  });
}

async function forget(call: Call): Promise<Shown> {
  const [address] = call.args;
  return shown(await mutate(call, 'recipientForget', { address }, ''), () => ({
    kind: 'LINE',
    line: `${address} will be asked again`,
    data: { address },
  }));
}

function changing(mutation: ListMutation, says: string): Action {
  const force = mutation === 'recipientListAdd' ? '' : ' [--force] [--allow-everyone]';
  return {
    usage: `DOMAIN (LOCALPART... | --from FILE|-) [--expected-revision N] [--dry-run]${force}`,
    says,
    run: (call) => changeList(call, mutation),
  };
}

export const recipientsVerb: VerbTable = {
  verb: 'recipients',
  says: 'User Lists.',
  example: 'backup-mx recipients replace example.org --from users.txt --dry-run',
  actions: {
    list: { usage: 'DOMAIN', says: 'Lists the entries of a User List.', run: list },
    add: changing('recipientListAdd', 'Adds entries.'),
    remove: changing(
      'recipientListRemove',
      'Removes entries; the last ones only with --allow-everyone, since then any mailbox is accepted.',
    ),
    replace: changing('recipientListReplace', 'Replaces the list; an empty one needs --allow-everyone.'),
    forget: {
      usage: 'ADDRESS',
      says: 'Forgets the answer about a mailbox, so that the primary is asked again.',
      run: forget,
    },
  },
};
