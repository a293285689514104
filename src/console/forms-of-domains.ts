/** The forms on the page of a domain: each is one mutation of the API. */
import type { Question } from './ask.ts';
import { again, type Form, type FormRequest, type FormResult, keyIn, resultOf } from './form.ts';
import {
  bounceHeldMutation,
  checkMutation,
  drillDeliverMutation,
  drillMutation,
  extendHoldMutation,
  flushAllMutation,
  flushMutation,
  pauseMutation,
  releaseBreakerMutation,
  resumeMutation,
  type UpdateMutation,
  updateMutation,
  verifyMutation,
} from './operations/generated.ts';
import { counted, sizeText } from './words/count.ts';

const HOUR_MS = 3_600_000;
/** Ten years; the API says what it takes. */
const MOST_HOURS = 87_600;

const domainPage = ([name = '']: readonly string[]): string => `/d/${encodeURIComponent(name)}`;

export const DOMAIN_FORMS: readonly Form[] = [
  {
    pattern: /^\/d\/([^/]+)\/try$/,
    verb: 'try',
    done: 'We try it now. What came of it is shown here in a moment.',
    page: (names, fields) => (fields.get('from') === 'overview' ? '' : domainPage(names)),
    submit: async ({ ask, fields }, [name = '']) =>
      resultOf(await ask(flushMutation, { input: { name, ...keyIn(fields) } }), (data) => data.domainFlush),
  },
  {
    pattern: /^\/try-all$/,
    verb: 'try-all',
    done: 'We try all of them now. What came of it is shown here in a moment.',
    page: () => '',
    submit: async ({ ask, fields }) =>
      resultOf(
        await ask(flushAllMutation, { input: { by: { all: true }, ...keyIn(fields) } }),
        (data) => data.domainsFlush,
      ),
  },
  {
    pattern: /^\/d\/([^/]+)\/pause$/,
    verb: 'pause',
    done: 'Delivery is paused. Mail is taken and held.',
    page: domainPage,
    async submit({ ask, fields, now }, [name = '']) {
      const hours = Number(fields.get('hours'));
      if (!(hours >= 0 && hours <= MOST_HOURS)) return again('hours', 'A number of hours, or nothing for no end.');
      const until = hours > 0 ? new Date(now.getTime() + hours * HOUR_MS).toISOString() : null;
      const input = { name, until, reason: fields.get('reason')?.trim() || null, ...keyIn(fields) };
      const names = { until: 'hours', reason: 'reason' };
      return resultOf(await ask(pauseMutation, { input }), (data) => data.domainPause, names);
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/resume$/,
    verb: 'resume',
    done: 'Delivery goes on.',
    page: domainPage,
    submit: async ({ ask, fields }, [name = '']) =>
      resultOf(await ask(resumeMutation, { input: { name, ...keyIn(fields) } }), (data) => data.domainResume),
  },
  {
    pattern: /^\/d\/([^/]+)\/hold$/,
    verb: 'hold',
    done: 'What is held now is kept longer.',
    page: domainPage,
    async submit({ ask, fields }, [name = '']) {
      const days = (fields.get('days') ?? '').trim();
      if (!/^[1-9]\d?$/.test(days)) return again('days', 'A number of days, 1 to 50.');
      const input = { name, by: `P${days}D`, ...keyIn(fields) };
      return resultOf(await ask(extendHoldMutation, { input }), (data) => data.domainExtendHold, { by: 'days' });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/elsewhere$/,
    verb: 'elsewhere',
    done: 'Mail of this domain goes there from now on. What is held is tried at once.',
    page: domainPage,
    submit: deliverElsewhere,
  },
  {
    pattern: /^\/d\/([^/]+)\/slow$/,
    verb: 'slow',
    done: 'The pace is changed.',
    page: domainPage,
    async submit({ ask, fields }, [name = '']) {
      const most = (fields.get('most') ?? '').trim();
      if (most !== '' && !/^\d{1,6}$/.test(most)) return again('most', 'A whole number, or nothing for no limit.');
      const input = { name, drainPerMinute: most === '' ? null : Number(most), ...keyIn(fields) };
      return resultOf(await ask(updateMutation, { input }), (data) => data.domainUpdate, { drainPerMinute: 'most' });
    },
  },
  {
    pattern: /^\/d\/([^/]+)\/release$/,
    verb: 'release',
    done: 'All of it is tried now. What is refused again after an hour goes back to its sender.',
    page: domainPage,
    submit: async ({ ask, fields }, [name = '']) =>
      resultOf(
        await ask(releaseBreakerMutation, { input: { name, ...keyIn(fields) } }),
        (data) => data.domainReleaseBreaker,
      ),
  },
  {
    pattern: /^\/d\/([^/]+)\/return$/,
    verb: 'return',
    done: 'The refused mail goes back to its senders now.',
    page: domainPage,
    submit: returnToSenders,
  },
  {
    pattern: /^\/d\/([^/]+)\/drill$/,
    verb: 'drill',
    done: 'The drill has begun: one message goes the whole way. Its result is shown here in a moment.',
    page: domainPage,
    submit: async ({ ask, fields }, [name = '']) =>
      resultOf(await ask(drillMutation, { input: { name, ...keyIn(fields) } }), (data) => data.domainDrill),
  },
  {
    pattern: /^\/d\/([^/]+)\/end-drill$/,
    verb: 'end-drill',
    done: 'Its message is handed over now.',
    page: domainPage,
    submit: async ({ ask, fields }, [name = '']) =>
      resultOf(
        await ask(drillDeliverMutation, { input: { name, ...keyIn(fields) } }),
        (data) => data.domainDrillDeliver,
      ),
  },
  {
    pattern: /^\/d\/([^/]+)\/check$/,
    verb: 'check',
    done: 'The check-up below is new.',
    page: domainPage,
    submit: async ({ ask }, [name = '']) =>
      resultOf(await ask(checkMutation, { input: { name } }), (data) => data.domainCheck),
  },
  {
    pattern: /^\/d\/([^/]+)\/look$/,
    verb: 'look',
    done: 'We have looked for the TXT record.',
    page: domainPage,
    submit: async ({ ask }, [name = '']) =>
      resultOf(await ask(verifyMutation, { input: { name } }), (data) => data.domainVerify),
  },
];

/** The hosts that mail would go to are shown first; it goes there when the form comes again with the same host. */
async function deliverElsewhere({ ask, fields }: FormRequest, [name = '']: readonly string[]): Promise<FormResult> {
  const host = (fields.get('host') ?? '').trim();
  const port = Number(fields.get('port') ?? '25');
  if (host === '') return again('host', 'The name or the address of your other server.');
  if (!Number.isInteger(port)) return again('port', 'A number, such as 25.');
  const isSure = fields.get('sure') === `${host}:${port}`;
  const input = { name, deliverTo: [{ host, port }], dryRun: !isSure, ...(isSure ? keyIn(fields) : {}) };
  const asked = await ask(updateMutation, { input });
  const names = { 'deliverTo.0.host': 'host', 'deliverTo.0.port': 'port', deliverTo: 'host' };
  const result = resultOf(asked, (data) => data.domainUpdate, names);
  if (isSure || result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
  const text = previewText(asked.data.domainUpdate.preview);
  return { kind: 'AGAIN', errors: new Map(), question: { text, fields: { sure: `${host}:${port}` } } };
}

/** The hosts that mail would go to, and how much of it waits. */
export function previewText(preview: UpdateMutation['domainUpdate']['preview']): string {
  const hosts = preview?.hosts ?? [];
  if (preview === null || hosts.length === 0) return 'This host cannot be found in the DNS at the moment.';
  const places = hosts.map(({ host, port, addresses }) => {
    const known = addresses.length === 0 ? 'no address known' : addresses.join(', ');
    return `${host}, port ${port} (${known})`;
  });
  const { heldCount, heldSize } = preview;
  const held = heldCount === 0 ? 'Nothing is held now' : `${counted(heldCount, 'held message')}, ${sizeText(heldSize)}`;
  return `${held}, and what comes, would go to ${places.join(', then to ')}.`;
}

/** The count is asked for with an expectation that cannot be met; what ends is just that count. */
async function returnToSenders({ ask, fields }: FormRequest, [name = '']: readonly string[]): Promise<FormResult> {
  const sure = Number(fields.get('sure') ?? '0');
  const input = { name, expectedCount: sure, ...(sure > 0 ? keyIn(fields) : {}) };
  const asked = await ask(bounceHeldMutation, { input });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const { recipientCount, userErrors } = asked.data.domainBounceHeld;
  if (recipientCount === 0 && userErrors.length === 0)
    return again('', 'No mail of a refused mailbox is held any more.');
  if (!userErrors.some(({ code }) => code === 'CONFLICT')) return resultOf(asked, (data) => data.domainBounceHeld);
  const text = `${counted(recipientCount, 'recipient')} would end as failed, each with a report to its sender. This cannot be undone.`;
  const question: Question = { text, fields: { sure: String(recipientCount) } };
  return { kind: 'AGAIN', errors: new Map(), question };
}
