/** The forms about webhooks: which program is told, of what, and what is sent to it again. */
import { again, asking, type Form, type FormRequest, type FormResult, keyIn, resultOf, toldOf } from './form.ts';
import {
  type WebhookEventKind,
  webhookCreateMutation,
  webhookDeleteMutation,
  webhookPendingQuery,
  webhookRedeliverMutation,
  webhookReplayMutation,
  webhookRotateMutation,
  webhookTestMutation,
  webhookUpdateMutation,
} from './operations/generated.ts';
import { namesOf } from './views/fields.ts';
import { counted } from './words/count.ts';
import { dayIn } from './words/time.ts';

const LIST = '/settings/webhooks';
const NAMES = { url: 'url', description: 'description', events: 'events', domains: 'domains', since: 'since' };

const webhookPage = ([id = '']: readonly string[]): string => `${LIST}/${encodeURIComponent(id)}`;

export const WEBHOOK_FORMS: readonly Form[] = [
  {
    pattern: /^\/settings\/webhooks\/add-webhook$/,
    verb: 'add-webhook',
    done: 'The webhook gets events from now on.',
    page: () => LIST,
    submit: addWebhook,
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/change-webhook$/,
    verb: 'change-webhook',
    done: 'The webhook is changed.',
    page: webhookPage,
    async submit({ ask, fields }, [id = '']) {
      const input = { id, ...inputOf(fields), expectedRevision: Number(fields.get('revision')), ...keyIn(fields) };
      return resultOf(await ask(webhookUpdateMutation, { input }), (data) => data.webhookUpdate, NAMES);
    },
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/enable-webhook$/,
    verb: 'enable-webhook',
    done: 'It gets events from now on. Those in between can be sent again.',
    page: webhookPage,
    submit: (request, names) => setEnabled(request, names, true),
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/disable-webhook$/,
    verb: 'disable-webhook',
    done: 'It gets nothing until it is enabled.',
    page: webhookPage,
    submit: (request, names) => setEnabled(request, names, false),
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/ping$/,
    verb: 'ping',
    done: 'A ping was sent. Its answer is the first of the messages below.',
    page: webhookPage,
    submit: async ({ ask, fields }, [id = '']) =>
      resultOf(await ask(webhookTestMutation, { input: { id, ...keyIn(fields) } }), (data) => data.webhookTest),
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/replay$/,
    verb: 'replay',
    done: 'All events since then are sent again.',
    page: webhookPage,
    async submit({ ask, fields, timeZone }, [id = '']) {
      const since = dayIn(fields.get('since') ?? '', timeZone)?.toISOString();
      if (since === undefined) return again('since', 'A day, such as 2026-12-01.');
      const asked = await ask(webhookReplayMutation, { input: { id, since, ...keyIn(fields) } });
      return resultOf(asked, (data) => data.webhookReplay, NAMES);
    },
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/redeliver$/,
    verb: 'redeliver',
    done: 'It is sent again now.',
    page: webhookPage,
    async submit({ ask, fields }) {
      const input = { id: fields.get('delivery') ?? '', ...keyIn(fields) };
      return resultOf(await ask(webhookRedeliverMutation, { input }), (data) => data.webhookRedeliver);
    },
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/rotate-secret$/,
    verb: 'rotate-secret',
    done: '',
    page: webhookPage,
    async submit({ ask, fields }, [id = '']) {
      const asked = await ask(webhookRotateMutation, { input: { id, ...keyIn(fields) } });
      const result = resultOf(asked, (data) => data.webhookRotate);
      if (result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
      const text = 'The new secret of this webhook. The old one also signs for a day.';
      return toldOf(text, asked.data.webhookRotate.secret);
    },
  },
  {
    pattern: /^\/settings\/webhooks\/([^/]+)\/delete-webhook$/,
    verb: 'delete-webhook',
    done: 'The webhook is deleted.',
    page: webhookPage,
    next: LIST,
    submit: deleteWebhook,
  },
];

function inputOf(fields: URLSearchParams) {
  const domains = namesOf(fields.get('domains'));
  return {
    url: (fields.get('url') ?? '').trim(),
    description: (fields.get('description') ?? '').trim(),
    events: fields.getAll('events') as WebhookEventKind[],
    domains: domains.length === 0 ? null : domains,
  };
}

async function addWebhook({ ask, fields }: FormRequest): Promise<FormResult> {
  const input = inputOf(fields);
  if (input.url === '') return again('url', 'The address of your program, such as https://hooks.example.org/mail.');
  if (input.events.length === 0) return again('events', 'At least one kind of event.');
  const asked = await ask(webhookCreateMutation, { input: { ...input, ...keyIn(fields) } });
  const result = resultOf(asked, (data) => data.webhookCreate, NAMES);
  if (result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
  return toldOf('The secret that signs the messages of the new webhook', asked.data.webhookCreate.secret);
}

async function setEnabled(
  { ask, fields }: FormRequest,
  [id = '']: readonly string[],
  isEnabled: boolean,
): Promise<FormResult> {
  const asked = await ask(webhookUpdateMutation, { input: { id, isEnabled, ...keyIn(fields) } });
  return resultOf(asked, (data) => data.webhookUpdate);
}

/** The messages that would not be sent any more are counted first. */
async function deleteWebhook({ ask, fields }: FormRequest, [id = '']: readonly string[]): Promise<FormResult> {
  if (fields.get('sure') === id)
    return resultOf(
      await ask(webhookDeleteMutation, { input: { id, ...keyIn(fields) } }),
      (data) => data.webhookDelete,
    );
  const asked = await ask(webhookPendingQuery, { id });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const { webhook } = asked.data;
  if (webhook === null) return again('', 'There is no such webhook.');
  const { totalCount } = webhook.deliveries;
  const waiting =
    totalCount === 0 ? '' : ` ${counted(totalCount, 'message waits and is', 'messages wait and are')} never sent.`;
  return asking(`${webhook.url} would get nothing any more, and its secret would be gone.${waiting}`, { sure: id });
}
