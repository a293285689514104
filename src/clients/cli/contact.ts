/** `backup-mx contact`: mail addresses that are told when something is wrong. */
import { type Call, type Shown, type VerbTable } from './action.ts';
import { confirmed, describeContact } from './confirm.ts';
import { allNodes, type Page, PAGE_INFO } from '../api/pages.ts';
import { mutate } from '../api/mutation.ts';

const MOST_LISTED = 10_000;

interface Contact {
  readonly id: string;
  readonly address: string;
  readonly domains: readonly string[] | null;
  readonly status: string;
  readonly lastMailedAt: string | null;
  readonly ignoredDomains: readonly string[];
}

const CONTACT = 'id address domains status confirmedAt codeExpiresAt lastMailedAt ignoredDomains createdAt';

async function list({ ask, terminal }: Call): Promise<Shown> {
  const query = `query ($first: Int!, $after: String) { alertContacts(first: $first, after: $after) { nodes { ${CONTACT} } ${PAGE_INFO} } }`;
  const contacts = await allNodes(
    MOST_LISTED,
    async (after, first) => (await ask<{ alertContacts: Page<Contact> }>(query, { first, after })).alertContacts,
  );
  for (const { address, ignoredDomains } of contacts.filter((contact) => contact.ignoredDomains.length > 0)) {
    terminal.tell(`${address} is told nothing of ${ignoredDomains.join(', ')}, where it lies: take another address`);
  }
  return {
    kind: 'TABLE',
    columns: ['ID', 'ADDRESS', 'STATUS', 'DOMAINS', 'LAST MAILED'].map((title) => ({ title })),
    rows: contacts.map(({ id, address, status, domains, lastMailedAt }) => [
      id,
      address,
      status,
      domains?.join(' ') ?? 'all',
      lastMailedAt,
    ]),
    data: contacts,
  };
}

async function change(
  call: Call,
  verb: 'Create' | 'Confirm' | 'Delete',
  { input, says }: { readonly input: Record<string, unknown>; readonly says: (contact: Contact) => string },
): Promise<Shown> {
  const answer = await mutate<{ readonly alertContact: Contact | null }>(
    call,
    `alertContact${verb}`,
    input,
    `alertContact { ${CONTACT} }`,
  );
  if (answer.kind === 'REFUSED') return answer;
  const { alertContact } = answer.payload;
  return { kind: 'LINE', line: alertContact === null ? '' : says(alertContact), data: alertContact };
}

const ONE = { least: 1, most: 1 };

export const contactVerb: VerbTable = {
  verb: 'contact',
  says: 'Mail addresses that are told when something is wrong.',
  example: 'backup-mx contact create admin@elsewhere.example',
  actions: {
    list: { usage: 'list', says: 'Your alert contacts.', argCount: { least: 0, most: 0 }, options: {}, run: list },
    create: {
      usage: 'create ADDRESS [--domain NAME]... [--tenant ID]',
      says: 'Mails a code to an address outside of the domains it is told of; without --domain of all.',
      argCount: ONE,
      options: { domain: 'LIST', tenant: 'TEXT' },
      run: (call) => {
        const domains = call.list('domain');
        const tenantId = call.text('tenant') ?? null;
        return change(call, 'Create', {
          input: { address: call.args[0], domains: domains.length === 0 ? null : domains, tenantId },
          says: ({ id, address }) => `a code was mailed to ${address}: backup-mx contact confirm ${id} CODE`,
        });
      },
    },
    confirm: {
      usage: 'confirm ID CODE',
      says: 'Gives the code back: from now on the address gets alerts.',
      argCount: { least: 2, most: 2 },
      options: {},
      run: (call) =>
        change(call, 'Confirm', {
          input: { id: call.args[0], code: call.args[1] },
          says: ({ address }) => `${address} gets alerts`,
        }),
    },
    delete: confirmed(
      {
        usage: 'delete ID',
        says: 'Removes an alert contact.',
        argCount: ONE,
        options: {},
        run: (call) =>
          change(call, 'Delete', {
            input: { id: call.args[0] },
            says: ({ address }) => `${address} gets nothing more`,
          }),
      },
      describeContact,
    ),
  },
};
