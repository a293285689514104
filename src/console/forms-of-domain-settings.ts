/** The forms that add a domain, change its settings, and end it. */
import { again, asking, type Form, type FormRequest, type FormResult, keyIn, resultOf } from './form.ts';
import { previewText } from './forms-of-domains.ts';
import {
  domainCreateMutation,
  domainDeleteMutation,
  type DomainUpdateInput,
  domainHeldCountQuery,
  drillScheduleMutation,
  type HeldMailChoice,
  suspendMutation,
  type TlsPolicy,
  type UnknownWhileDownPolicy,
  unsuspendMutation,
  updateMutation,
} from './operations/generated.ts';
import { namesOf } from './views/fields.ts';
import { counted, sizeText } from './words/count.ts';

const settingsPage = ([name = '']: readonly string[]): string => `/d/${encodeURIComponent(name)}/settings`;

export const DOMAIN_SETTINGS_FORMS: readonly Form[] = [
  {
    pattern: /^\/add\/add-domain$/,
    verb: 'add-domain',
    done: 'The domain is here. Its mail is taken as soon as it is proven to be yours.',
    page: () => '/add',
    submit: addDomain,
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/route$/,
    verb: 'route',
    done: 'Mail of this domain goes there from now on. What is held is tried at once.',
    page: settingsPage,
    submit: setRoute,
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/delivery$/,
    verb: 'delivery',
    done: 'It is changed. The next try does it that way.',
    page: settingsPage,
    async submit(request, [name = '']) {
      const most = (request.fields.get('most') ?? '').trim();
      if (most !== '' && !/^\d{1,7}$/.test(most)) return again('most', 'A whole number, or nothing for no limit.');
      const tlsPolicy = request.fields.get('tls') as TlsPolicy | null;
      return update(request, { name, tlsPolicy, drainPerMinute: most === '' ? null : Number(most) });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/mailboxes$/,
    verb: 'mailboxes',
    done: 'It is changed. The next recipient is treated that way.',
    page: settingsPage,
    async submit(request, [name = '']) {
      const { fields } = request;
      const hours = (fields.get('hours') ?? '').trim();
      const policy = (fields.get('unknown') ?? 'ACCEPT') as UnknownWhileDownPolicy;
      if (!/^[1-9]\d{0,2}$/.test(hours)) return again('hours', 'A number of hours, 1 to 240.');
      const delimiter = (fields.get('delimiter') ?? '').trim();
      return update(request, {
        name,
        hasCallAheads: fields.get('callAheads') === 'true',
        unknownWhileDown: { policy, duration: `PT${hours}H` },
        recipientDelimiter: delimiter === '' ? null : delimiter,
      });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/more$/,
    verb: 'more',
    done: 'It is changed.',
    page: settingsPage,
    async submit(request, [name = '']) {
      const { fields } = request;
      const labels = (fields.get('labels') ?? '').split('\n').flatMap((line) => {
        const [key = '', ...value] = line.trim().split('=');
        return key === '' ? [] : [{ key: key.trim(), value: value.join('=').trim() }];
      });
      const hasDelayReports = fields.get('delayReports') === 'true';
      return update(request, { name, hasDelayReports, etrnClients: namesOf(fields.get('etrn')), labels });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/drill-days$/,
    verb: 'drill-days',
    done: 'It is changed. The result of each drill stands on the page of the domain.',
    page: settingsPage,
    async submit({ ask, fields }, [name = '']) {
      const days = (fields.get('days') ?? '').trim();
      if (days !== '' && !/^[1-9]\d{0,2}$/.test(days)) return again('days', 'A number of days, 1 to 366, or nothing.');
      const input = { name, interval: days === '' ? null : `P${days}D`, ...keyIn(fields) };
      const asked = await ask(drillScheduleMutation, { input });
      return resultOf(asked, (data) => data.domainDrillSchedule, { interval: 'days' });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/suspend$/,
    verb: 'suspend',
    done: 'The domain is suspended. Senders are asked to try again later.',
    page: settingsPage,
    async submit({ ask, fields }, [name = '']) {
      const input = { name, reason: fields.get('reason')?.trim() || null, ...keyIn(fields) };
      return resultOf(await ask(suspendMutation, { input }), (data) => data.domainSuspend, { reason: 'reason' });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/unsuspend$/,
    verb: 'unsuspend',
    done: 'The domain takes mail again.',
    page: settingsPage,
    submit: async ({ ask, fields }, [name = '']) =>
      resultOf(await ask(unsuspendMutation, { input: { name, ...keyIn(fields) } }), (data) => data.domainUnsuspend),
  },
  {
    pattern: /^\/d\/([^/]+)\/settings\/delete-domain$/,
    verb: 'delete-domain',
    done: 'The domain is removed: its mail is not taken any more.',
    page: settingsPage,
    next: '',
    submit: deleteDomain,
  },
];

/** Fields of the forms by fields of the API. */
const NAMES = {
  tlsPolicy: 'tls',
  drainPerMinute: 'most',
  hasCallAheads: 'callAheads',
  unknownWhileDown: 'unknown',
  'unknownWhileDown.duration': 'hours',
  recipientDelimiter: 'delimiter',
  hasDelayReports: 'delayReports',
  etrnClients: 'etrn',
  labels: 'labels',
  deliverTo: 'hosts',
};

/** The revision that the page had: what somebody else has changed in between is not overwritten. */
async function update({ ask, fields }: FormRequest, changes: DomainUpdateInput): Promise<FormResult> {
  const input = { ...changes, expectedRevision: Number(fields.get('revision')), ...keyIn(fields) };
  return resultOf(await ask(updateMutation, { input }), (data) => data.domainUpdate, NAMES);
}

async function addDomain({ ask, fields }: FormRequest): Promise<FormResult> {
  const name = (fields.get('name') ?? '').trim();
  if (name === '') return again('name', 'The name of the domain, such as example.org.');
  const asked = await ask(domainCreateMutation, { input: { name, ...keyIn(fields) } });
  const result = resultOf(asked, (data) => data.domainCreate, { name: 'name' });
  if (result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
  return { kind: 'DONE', next: `/d/${encodeURIComponent(asked.data.domainCreate.domain?.name ?? name)}` };
}

/** The hosts that mail would go to are shown first. */
async function setRoute({ ask, fields }: FormRequest, [name = '']: readonly string[]): Promise<FormResult> {
  const lines = namesOf(fields.get('hosts'));
  const deliverTo = lines.map(nextHopOf);
  const wrong = deliverTo.findIndex((hop) => hop === null);
  if (wrong >= 0)
    return again('hosts', `${lines[wrong]}: a host, or a host and a port, such as mail.example.org:2525.`);
  const route = lines.join(' ');
  const isSure = fields.get('sure') === `to ${route}`;
  const input = {
    name,
    deliverTo: deliverTo.flatMap((hop) => (hop === null ? [] : [hop])),
    expectedRevision: Number(fields.get('revision')),
    dryRun: !isSure,
    ...(isSure ? keyIn(fields) : {}),
  };
  const asked = await ask(updateMutation, { input });
  const result = resultOf(asked, (data) => data.domainUpdate, NAMES);
  if (isSure || result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
  const by = lines.length === 0 ? 'Its MX records would decide. ' : '';
  return asking(by + previewText(asked.data.domainUpdate.preview), { sure: `to ${route}` });
}

/** `mail.example.org:2525`, `[2001:db8::1]:25`, a bare address or a name. */
function nextHopOf(text: string): { readonly host: string; readonly port: number } | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? (/^[\da-f:.]+$/i.test(text) ? text : null);
  return host === null ? null : { host, port: Number(port ?? 25) };
}

/** The mail that is held is counted first, and what happens to it is chosen. */
async function deleteDomain({ ask, fields }: FormRequest, [name = '']: readonly string[]): Promise<FormResult> {
  const asked = await ask(domainHeldCountQuery, { name });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  if (asked.data.domain === null) return again('', 'There is no such domain.');
  const { heldCount, heldSize } = asked.data.domain.queue;
  const held = heldCount === 0 ? null : ((fields.get('held') ?? 'DELIVER_FIRST') as HeldMailChoice);
  const sure = `${name} ${held === 'CANCEL' ? heldCount : held}`;
  if (fields.get('sure') === sure) {
    const input = { name, held, ...keyIn(fields) };
    return resultOf(await ask(domainDeleteMutation, { input }), (data) => data.domainDelete, { held: 'held' });
  }
  const mail = counted(heldCount, 'held message');
  const lost =
    held === 'CANCEL'
      ? ` ${mail}, ${sizeText(heldSize)}, would end at once, and their senders would not be told. This cannot be undone.`
      : held === null
        ? ' Nothing is held.'
        : ` ${mail} would still be tried, until they are delivered or expire.`;
  return asking(`Mail for ${name} would be refused from now on.${lost}`, { sure });
}
