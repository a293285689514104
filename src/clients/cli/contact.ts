/** `backup-mx contact`: mail addresses that receive alerts. */
import type { AlertContact } from '../../control/generated.ts';
import { mutate, type Selected } from '../api/requests.ts';
import { type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { filtered, listOf, shown, tableOf } from './call.ts';
import { confirmed, describeContact } from './confirm.ts';
import { text, textOf } from './table.ts';

const CONTACT = 'id address domains status confirmedAt codeExpiresAt lastMailedAt ignoredDomains createdAt';
type Contact = Selected<AlertContact, typeof CONTACT>;

async function list(call: Call): Promise<Shown> {
  const contacts = await listOf(
    call,
    'alertContacts',
    CONTACT,
    filtered('AlertContactFilter', { tenantId: call.text('tenant') }),
  );
  for (const { address, ignoredDomains } of contacts.filter((contact) => contact.ignoredDomains.length > 0)) {
    call.terminal.report(
      `${textOf(address)} gets no alerts about ${ignoredDomains.join(', ')}, which contains it: use another address`,
    );
  }
  return tableOf(contacts, [
    ['ID', ({ id }) => id],
    [text('ADDRESS'), ({ address }) => address],
    ['STATUS', ({ status }) => status],
    [text('DOMAINS'), ({ domains }) => domains?.join(' ') ?? 'all'],
    ['LAST MAILED', ({ lastMailedAt }) => call.time(lastMailedAt)],
  ]);
}

async function changeContact(
  call: Call,
  verb: 'Create' | 'Update' | 'Confirm' | 'Delete',
  { input, says }: { readonly input: Record<string, unknown>; readonly says: (contact: Contact) => string },
): Promise<Shown> {
  const answer = await mutate(call, `alertContact${verb}`, input, `alertContact { ${CONTACT} }`);
  return shown(answer, ({ alertContact }) => ({
    kind: 'LINE',
    line: alertContact === null ? '' : textOf(says(alertContact)),
    data: alertContact,
  }));
}

export const contactVerb: VerbTable = {
  verb: 'contact',
  says: 'Mail addresses that receive alerts.',
  example: 'backup-mx contact create admin@elsewhere.example',
  actions: {
    list: { usage: '[--tenant ID]', says: 'Lists your alert contacts.', run: list },
    create: {
      usage: 'ADDRESS [--domain NAME]... [--tenant ID]',
      says: 'Mails a code to an address outside the domains that it watches; without --domain it watches all.',
      mutations: ['alertContactCreate'],
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
      usage: 'ID CODE',
      says: 'Confirms an address with its code: from now on it receives alerts.',
      mutations: ['alertContactConfirm'],
      run: (call) =>
        changeContact(call, 'Confirm', {
          input: { id: call.args[0], code: call.args[1] },
          says: ({ address }) => `${address} gets alerts`,
        }),
    },
    set: {
      usage: 'ID (--domain NAME... | --all-domains)',
      says: 'Changes the domains whose alerts it receives.',
      mutations: ['alertContactUpdate'],
      run: (call) => {
        const domains = call.list('domain');
        if ((domains.length === 0) !== call.isSet('all-domains'))
          throw new UsageError('give --domain or --all-domains');
        return changeContact(call, 'Update', {
          input: { id: call.args[0], domains: call.isSet('all-domains') ? null : domains },
          says: ({ address }) => `${address} is changed`,
        });
      },
    },
    delete: confirmed(
      {
        usage: 'ID',
        says: 'Deletes an alert contact.',
        mutations: ['alertContactDelete'],
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
