/** The forms about alert contacts: who is told by mail. */
import { again, asking, type Form, type FormRequest, type FormResult, keyIn, resultOf } from './form.ts';
import {
  confirmedContactsQuery,
  contactConfirmMutation,
  contactCreateMutation,
  contactDeleteMutation,
  contactQuery,
  contactUpdateMutation,
} from './operations/generated.ts';
import { namesOf } from './views/fields.ts';
import { counted } from './words/count.ts';

const LIST = '/settings/contacts';

const contactPage = ([id = '']: readonly string[]): string => `${LIST}/${encodeURIComponent(id)}`;

export const CONTACT_FORMS: readonly Form[] = [
  {
    pattern: /^\/settings\/contacts\/add-contact$/,
    verb: 'add-contact',
    done: 'A mail with a code is on its way to this address. It gets alerts when the code is entered here.',
    page: () => LIST,
    async submit({ ask, fields }) {
      const address = (fields.get('address') ?? '').trim();
      if (address === '') return again('address', 'The address, such as admin@example.net.');
      const input = { address, domains: domainsIn(fields), ...keyIn(fields) };
      const asked = await ask(contactCreateMutation, { input });
      return resultOf(asked, (data) => data.alertContactCreate, NAMES);
    },
  },
  {
    pattern: /^\/settings\/contacts\/([^/]+)\/confirm-contact$/,
    verb: 'confirm-contact',
    done: 'This address gets alerts from now on.',
    page: contactPage,
    async submit({ ask, fields }, [id = '']) {
      const code = (fields.get('code') ?? '').trim();
      if (code === '') return again('code', 'The code from the mail that we have sent to this address.');
      const asked = await ask(contactConfirmMutation, { input: { id, code, ...keyIn(fields) } });
      return resultOf(asked, (data) => data.alertContactConfirm, NAMES);
    },
  },
  {
    pattern: /^\/settings\/contacts\/([^/]+)\/send-code$/,
    verb: 'send-code',
    done: 'Another mail with a code is on its way.',
    page: contactPage,
    submit: sendCodeAgain,
  },
  {
    pattern: /^\/settings\/contacts\/([^/]+)\/change-contact$/,
    verb: 'change-contact',
    done: 'It is changed.',
    page: contactPage,
    async submit({ ask, fields }, [id = '']) {
      const input = { id, domains: domainsIn(fields), ...keyIn(fields) };
      return resultOf(await ask(contactUpdateMutation, { input }), (data) => data.alertContactUpdate, NAMES);
    },
  },
  {
    pattern: /^\/settings\/contacts\/([^/]+)\/delete-contact$/,
    verb: 'delete-contact',
    done: 'This address gets no more alerts.',
    page: contactPage,
    next: LIST,
    submit: deleteContact,
  },
];

const NAMES = { address: 'address', domains: 'domains', code: 'code' };

/** Null: all of them. */
function domainsIn(fields: URLSearchParams): readonly string[] | null {
  const names = namesOf(fields.get('domains'));
  return names.length === 0 ? null : names;
}

/** Adding an address again that is not confirmed sends another code. */
async function sendCodeAgain({ ask, fields }: FormRequest, [id = '']: readonly string[]): Promise<FormResult> {
  const asked = await ask(contactQuery, { id });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const contact = asked.data.alertContact;
  if (contact === null) return again('', 'There is no such contact.');
  const { address, domains, tenant } = contact;
  const input = { address, domains, tenantId: tenant.id, ...keyIn(fields) };
  const sent = await ask(contactCreateMutation, { input });
  return resultOf(sent, (data) => data.alertContactCreate);
}

/** The addresses that are left are counted first. */
async function deleteContact({ ask, fields }: FormRequest, [id = '']: readonly string[]): Promise<FormResult> {
  if (fields.get('sure') === id) {
    const asked = await ask(contactDeleteMutation, { input: { id, ...keyIn(fields) } });
    return resultOf(asked, (data) => data.alertContactDelete);
  }
  const asked = await ask(contactQuery, { id });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const contact = asked.data.alertContact;
  if (contact === null) return again('', 'There is no such contact.');
  const counting = await ask(confirmedContactsQuery, { tenantId: contact.tenant.id });
  if (counting.kind === 'REFUSED') return again('', counting.message);
  const left = counting.data.alertContacts.totalCount - (contact.status === 'CONFIRMED' ? 1 : 0);
  const others =
    left === 0 ? 'No address would be told any more.' : `${counted(left, 'address', 'addresses')} would be left.`;
  return asking(`${contact.address} would get no more alerts. ${others}`, { sure: id });
}
