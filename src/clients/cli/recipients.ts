/** `backup-mx recipients`: User Lists. */
import type { RecipientListReplacePayload } from '../../control/generated.ts';
import {
  allNodes,
  mutate,
  type Mutated,
  type Page,
  PAGE_INFO,
  type Selected,
  type UserError,
} from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { NOTHING_DONE, notYours, numberField, readFileOrInput, shown, tableOf } from './call.ts';
import { confirm, mustBeAsked } from './confirm.ts';
import { type Entry, readMailboxes } from './mailbox-file.ts';
import { textOf } from './table.ts';

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

/** Throws UsageError unless entries come from one side: an argument or a file. */
function checkSource(call: Call): void {
  const isFile = call.text('from') !== undefined;
  if (!isFile && call.args.length === 1)
    throw new UsageError('give local parts, or --from FILE: an empty file means no entries');
  if (isFile && call.args.length > 1) throw new UsageError('give local parts or --from FILE, not both');
}

/** The entries that were given, each with its place. Throws ClientError with the lines that cannot be mailboxes. */
async function readEntries(call: Call): Promise<readonly Entry[]> {
  const from = call.text('from');
  const [domain = '', ...localParts] = call.args;
  if (from === undefined) return localParts.map((localPart) => ({ localPart, place: textOf(localPart) }));
  const file = from === '-' ? 'standard input' : from;
  const { entries, foreignCount } = readMailboxes(await readFileOrInput(call, from), {
    file,
    domain,
    format: call.text('format'),
  });
  if (foreignCount > 0) call.terminal.report(`${file}: ${foreignCount} addresses of other domains are passed over`);
  return entries;
}

/** As `--from` takes it again. The API quotes what it would misread itself. */
function readable(localPart: string): string {
  return /\s/.test(localPart) && !localPart.startsWith('"') ? `"${localPart.replaceAll('\\', '\\\\')}"` : localPart;
}

type ListMutation = 'recipientListAdd' | 'recipientListRemove' | 'recipientListReplace';

const CHANGE = 'domain { name recipientList { entryCount } } change { addedCount removedCount added removed }';
type Payload = Selected<RecipientListReplacePayload, typeof CHANGE>;

/** Adds, removes or replaces; what removes entries asks first. */
async function changeList(call: Call, mutation: ListMutation): Promise<Shown> {
  const isDry = call.isSet('dry-run');
  const mayAsk = mutation !== 'recipientListAdd' && !isDry && !call.isSet('yes');
  checkSource(call);
  if (mayAsk) mustBeAsked(call);
  const entries = await readEntries(call);
  const input = {
    domain: call.args[0],
    localParts: entries.map(({ localPart }) => localPart),
    ...(mutation === 'recipientListAdd'
      ? {}
      : { force: call.isSet('force'), allowEveryone: call.isSet('allow-everyone') }),
    ...numberField(call, 'expected-revision', 'expectedRevision'),
  };
  const request = async (dryRun: boolean): Promise<Mutated<Payload>> => {
    const { length } = entries;
    call.progress.say(`${dryRun ? 'comparing' : 'storing'} ${length.toLocaleString('en')} entries`);
    const answer = await mutate(call, mutation, { ...input, dryRun }, CHANGE);
    return answer.kind === 'REFUSED'
      ? { ...answer, errors: answer.errors.map((error) => placed(error, entries)) }
      : answer;
  };
  if (mayAsk) {
    const planned = await request(true);
    if (planned.kind === 'REFUSED') return planned;
    if ((planned.payload.change?.removedCount ?? 0) > 0) await confirm(call, async () => lossText(planned.payload));
  }
  return shown(await request(isDry), ({ change }) => {
    if (change === null) return NOTHING_DONE;
    const [added, removed] = isDry ? ['would add', 'would remove'] : ['added', 'removed'];
    return { kind: 'LINE', line: `${added} ${change.addedCount}, ${removed} ${change.removedCount}`, data: change };
  });
}

/** Names that a question tells. */
const MOST_NAMED = 10;

function lossText({ domain, change }: Payload): string {
  const removed = change?.removed ?? [];
  const count = change?.removedCount ?? 0;
  const names = removed.slice(0, MOST_NAMED).map(textOf).join(', ');
  const total = (domain?.recipientList.entryCount ?? 0).toLocaleString('en');
  return (
    `This removes ${count.toLocaleString('en')} of ${total} entries of ${textOf(domain?.name)}, whose mail is refused from then on: ` +
    `${names}${count > MOST_NAMED ? ', …' : ''}.`
  );
}

/** An error about an entry, at the place that the entry comes from. */
function placed(error: UserError, entries: readonly Entry[]): UserError {
  const [first, index] = error.path;
  const entry = first === 'localParts' && index !== undefined ? entries[Number(index)] : undefined;
  return entry === undefined ? error : { ...error, path: [entry.place] };
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
  const removing = mutation === 'recipientListAdd' ? '' : ' [--force] [--allow-everyone] [--yes]';
  return {
    usage: `DOMAIN (LOCALPART... | --from FILE|- [--format FORMAT]) [--expected-revision N] [--dry-run]${removing}`,
    says,
    mutations: [mutation],
    run: (call) => changeList(call, mutation),
  };
}

export const recipientsVerb: VerbTable = {
  verb: 'recipients',
  says: 'User Lists.',
  example: 'backup-mx recipients replace example.org --from users.txt --dry-run',
  actions: {
    list: { usage: 'DOMAIN', says: 'Lists the entries of a User List.', run: list },
    add: changing(
      'recipientListAdd',
      'Adds entries. FILE has one mailbox a line, or is a Postfix map, CSV or LDIF: its content or --format says which.',
    ),
    remove: changing(
      'recipientListRemove',
      'Removes entries; the last ones only with --allow-everyone, since then any mailbox is accepted.',
    ),
    replace: changing('recipientListReplace', 'Replaces the list; an empty one needs --allow-everyone.'),
    forget: {
      usage: 'ADDRESS',
      says: 'Forgets the answer about a mailbox, so that the primary is asked again.',
      mutations: ['recipientForget'],
      run: forget,
    },
  },
};
