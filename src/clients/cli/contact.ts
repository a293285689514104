/** `backup-mx contact`: mail addresses that receive alerts. */
import { mutate } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { listOf, shown } from './call.ts';
import { confirmed, describeContact } from './confirm.ts';

interface Contact {
  readonly id: string;
  readonly address: string;
  readonly domains: readonly string[] | null;
  readonly status: string;
  readonly lastMailedAt: string | null;
  readonly ignoredDomains: readonly string[];
}

const CONTACT = 'id address domains status confirmedAt codeExpiresAt lastMailedAt ignoredDomains createdAt';

async function list(call: Call): Promise<Shown> {
  const contacts = await listOf<Contact>(call, 'alertContacts', CONTACT);
  for (const { address, ignoredDomains } of contacts.filter((contact) => contact.ignoredDomains.length > 0)) {
    call.terminal.report(
      `${address} gets no alerts about ${ignoredDomains.join(', ')}, which contains it: use another address`,
    );
  }
  return {
    kind: 'TABLE',
    columns: ['ID', 'ADDRESS', 'STATUS', 'DOMAINS', 'LAST MAILED'],
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

async function changeContact(
  call: Call,
  verb: 'Create' | 'Confirm' | 'Delete',
  { input, says }: { readonly input: Record<string, unknown>; readonly says: (contact: Contact) => string },
): Promise<Shown> {
  return shown(
    await mutate<{ readonly alertContact: Contact | null }>(
      call,
      `alertContact${verb}`,
      input,
      `alertContact { ${CONTACT} }`,
    ),
    ({ alertContact }) => ({
      kind: 'LINE',
      line: alertContact === null ? '' : says(alertContact),
      data: alertContact,
    }),
  );
}

export const contactVerb: VerbTable = {
  verb: 'contact',
  says: 'Mail addresses that receive alerts.',
  example: 'backup-mx contact create admin@elsewhere.example',
  actions: {
    list: { usage: 'list', says: 'Lists your alert contacts.', run: list },
    create: {
      usage: 'create ADDRESS [--domain NAME]... [--tenant ID]',
      says: 'Mails a code to an address outside the domains that it watches; without --domain it watches all.',
      argCount: 1,
      options: { domain: 'LIST', tenant: 'TEXT' },
      run: (call) => {
        const domains = call.list('domain');
        const tenantId = call.text('tenant') ?? null;
        return changeContact(call, 'Create', {
          input: { address: call.args[0], domains: domains.length === 0 ? null : domains, tenantId },
          says: ({ id, address }) => `a code was mailed to ${address}: backup-mx contact confirm ${id} CODE`,
        });
      },
    },
    confirm: {
      usage: 'confirm ID CODE',
      says: 'Gives the code back: from now on the address receives alerts.',
      argCount: 2,
      run: (call) =>
        changeContact(call, 'Confirm', {
          input: { id: call.args[0], code: call.args[1] },
          says: ({ address }) => `${address} gets alerts`,
        }),
    },
    delete: confirmed(
      {
        usage: 'delete ID',
        says: 'Removes an alert contact.',
        argCount: 1,
        run: (call) =>
          changeContact(call, 'Delete', {
            input: { id: call.args[0] },
            says: ({ address }) => `${address} gets no more alerts`,
          }),
      },
      describeContact,
    ),
  },
};
