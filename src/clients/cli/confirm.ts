/**
 * Destructive actions ask first: on a terminal with counts of what would be lost, elsewhere they do nothing without `--yes`.
 */
import { ClientError } from '../api/connection.ts';
import { allNodes, type Page, PAGE_INFO } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError } from './action.ts';
import { find, listOf, missing, notYours } from './call.ts';
import { bytesText, counted, textOf } from './table.ts';

/** A sentence that says what would be lost, with counts. Throws ClientError when there is no such object. */
export type DescribeLoss = (call: Call) => Promise<string>;

/**
 * Returns when the person or `--yes` says so.
 *
 * Throws UsageError (exit code 2) without a terminal and without `--yes`, before anything is asked of the service; ClientError (exit
 * code 1) when the answer is not `yes`. Nothing is done then.
 */
export async function confirm(call: Call, describe: DescribeLoss): Promise<void> {
  if (call.isSet('yes')) return;
  const question = mustBeAsked(call);
  const loss = await describe(call);
  const answer = await call.progress.pause(() => question(`${loss}\nType yes to continue: `));
  if (answer.trim().toLowerCase() !== 'yes') throw new ClientError('nothing was done');
}

/** Asks on the terminal. Throws UsageError without one. */
export function mustBeAsked({ terminal }: Call): NonNullable<Call['terminal']['question']> {
  if (terminal.question !== null) return terminal.question;
  throw new UsageError('nothing was done: without a terminal to ask on, this needs --yes');
}

/** The action with `--yes`, which asks before it runs; a dry run needs no question. */
export function confirmed(action: Action, describe: DescribeLoss): Action {
  return {
    ...action,
    usage: `${action.usage} [--yes]`,
    run: async (call): Promise<Shown> => {
      if (!call.isSet('dry-run')) await confirm(call, describe);
      return action.run(call);
    },
  };
}

/** How the held mail of a removed domain ends, by the choice of `--held`. */
const HELD_ENDS: Readonly<Record<string, string>> = {
  CANCEL: 'which is cancelled without a report to its senders',
  DELIVER_FIRST: 'which is still delivered or returned',
};

export async function describeDomain(call: Call): Promise<string> {
  const domain = await find(
    call,
    'domain',
    call.args[0],
    'name queue { heldCount heldSize } recipientList { entryCount }',
  );
  const { heldCount, heldSize } = domain.queue;
  const end = HELD_ENDS[call.text('held') ?? ''] ?? 'which needs --held if there is any';
  return (
    `This removes ${textOf(domain.name)}: no more mail is accepted for it. It holds ${counted(heldCount, 'message')} ` +
    `(${bytesText(heldSize)}), ${end}. Its User List has ${counted(domain.recipientList.entryCount, 'recipient')}.`
  );
}

export async function describeTransfer(call: Call): Promise<string> {
  const { name, queue } = await find(call, 'domain', call.args[0], 'name queue { heldCount }');
  const tenant = await find(call, 'tenant', call.text('tenant') ?? missing('tenant'), 'name');
  const held = counted(queue.heldCount, 'held message');
  return `This gives ${textOf(name)} with ${held} to the tenant ${textOf(tenant.name)}: its present owner loses both.`;
}

export async function describeToken(call: Call): Promise<string> {
  const token = await find(call, 'token', call.args[0], 'name prefix lastUsedAt');
  const used = token.lastUsedAt === null ? 'It was never used' : `It was last used ${call.time(token.lastUsedAt)}`;
  return `This revokes 1 token, ${textOf(token.name)} (${textOf(token.prefix)}…), at once. ${used}.`;
}

/** A new secret: the old one still serves for `--overlap`. */
export function describeRotation(kind: 'token' | 'webhook'): DescribeLoss {
  return async (call) => {
    const what =
      kind === 'token'
        ? textOf((await find(call, 'token', call.args[0], 'name')).name)
        : textOf((await find(call, 'webhook', call.args[0], 'url')).url);
    const left = call.text('overlap') ?? 'a day';
    return `This replaces 1 secret, of the ${kind} ${what}: the old one ends after ${left}, wherever it is used.`;
  };
}

export async function describeUnsetMx(call: Call): Promise<string> {
  const { mx } = await find(call, 'domain', call.args[0], 'mx { observed { host preference } }');
  const name = textOf(call.args[0] ?? '');
  return `This removes our records from the MX records of ${name}, which are ${mx.observed.length} now. While its primary is down, mail is not accepted here any more.`;
}

/** No one counts further by eye; a service with more of them answers in pages of a hundred. */
const MOST_COUNTED = 10_000;

/** The address of a webhook, and how many deliveries it has still to make. */
async function readPending(call: Call): Promise<{ readonly url: string; readonly count: number }> {
  const [id] = call.args;
  const deliveries = `deliveries(first: $first, after: $after, filter: { status: PENDING }) { nodes { id } ${PAGE_INFO} }`;
  const query = `query ($id: ID!, $first: Int!, $after: String) { webhook(id: $id) { url ${deliveries} } }`;
  type Found = { readonly url: string; readonly deliveries: Page<unknown> };
  let url = '';
  const pending = await allNodes(MOST_COUNTED, async (after, first) => {
    const { webhook } = await call.ask<{ webhook: Found | null }>(query, { id, first, after });
    if (webhook === null) notYours('webhook', id);
    ({ url } = webhook);
    return webhook.deliveries;
  });
  return { url: textOf(url), count: pending.length };
}

export async function describeWebhook(call: Call): Promise<string> {
  const { url, count } = await readPending(call);
  return `This deletes the webhook ${url} with its record of deliveries. Not sent yet: ${count}.`;
}

export async function describeDisabled(call: Call): Promise<string> {
  const { url, count } = await readPending(call);
  return `This disables the webhook ${url} and drops ${count} deliveries that are not sent yet.`;
}

/** How many objects of a list belong to the tenant. */
async function countOwned(call: Call, list: 'tokens' | 'webhooks' | 'alertContacts', tenantId: string | undefined) {
  const nodes = await listOf(call, list, 'tenant { id }');
  return nodes.filter(({ tenant }) => tenant.id === tenantId).length;
}

export async function describeTenant(call: Call): Promise<string> {
  const [id] = call.args;
  const tenant = await find(call, 'tenant', id, 'name');
  const tokens = counted(await countOwned(call, 'tokens', id), 'token');
  const webhooks = counted(await countOwned(call, 'webhooks', id), 'webhook');
  const contacts = counted(await countOwned(call, 'alertContacts', id), 'alert contact');
  return `This deletes the tenant ${textOf(tenant.name)} with ${tokens}, ${webhooks} and ${contacts}.`;
}

export async function describeContact(call: Call): Promise<string> {
  return `This deletes 1 alert contact, ${textOf(call.args[0] ?? '')}: it gets no more alerts.`;
}
