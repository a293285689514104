/** The things to do about a domain, by its state: the first is the remedy. */
import type { PageRequest } from '../ask.ts';
import { type Html, html } from '../html.ts';
import type { DomainCase, DomainState } from '../words/domain-sentence.ts';
import { textField } from './fields.ts';
import type { Sent, TodoItem } from './todo-item.ts';

type Kind = NonNullable<DomainState['outage']>['kind'];

const PAUSES = [
  ['1', 'an hour'],
  ['4', 'four hours'],
  ['24', 'a day'],
  ['', 'until I resume it'],
] as const;

const TRY_TEXTS: Readonly<Record<Kind, (us: string) => string>> = {
  DOWN: () => 'Start your mail server, or open port 25 to us; then do not wait for the clock.',
  BLOCKING: (us) => `Let ${us} in, then do not wait for the clock.`,
  GREYLISTING: (us) => `Let ${us} past your greylisting, then do not wait for the clock.`,
  RATE_LIMITING: (us) => `Let more in from ${us}, then do not wait for the clock.`,
  TARPITTING: (us) => `Do not slow ${us} down, then do not wait for the clock.`,
  MISCONFIGURED: () => 'Mend what your server refuses; what it says is below.',
  DNS_BROKEN: () => 'Mend the DNS, then do not wait for the clock.',
};

const pause: TodoItem = {
  title: 'You are working on it',
  text: 'We do not dial while you do. Mail is still taken and held.',
  verb: 'pause',
  button: 'Pause…',
  send: 'Pause',
  fields: (sent) => html`<label for="field-hours">For</label>
    <select id="field-hours" name="hours">${PAUSES.map(([value, text]) => option(sent, value, text))}</select>
    ${sent.error('hours')}${textField(sent, 'reason', 'Why', { hint: 'For the record; it may stay empty.' })}`,
};

const hold: TodoItem = {
  title: 'It takes longer',
  text: 'Hold what is here beyond its ten days, up to 60.',
  verb: 'hold',
  button: 'Hold longer…',
  send: 'Hold longer',
  fields: (sent) => textField(sent, 'days', 'Days more', { preset: '10' }),
};

const elsewhere: TodoItem = {
  title: 'You have another server',
  text: 'What is held and what comes goes there instead.',
  verb: 'elsewhere',
  button: 'Deliver elsewhere…',
  send: 'Deliver there',
  fields: (sent) =>
    html`${textField(sent, 'host', 'Its name or address')}${textField(sent, 'port', 'Port', { preset: '25' })}`,
};

const drill: TodoItem = {
  title: 'Nothing',
  text: 'A fire drill shows with a real message what would happen if your server went down.',
  verb: 'drill',
  button: 'Run a fire drill',
};

const endDrill: TodoItem = {
  title: 'A fire drill is under way',
  text: 'Its message waits with us, as mail does in an outage. It goes out by itself.',
  verb: 'end-drill',
  button: 'Hand it over now',
};

const check: TodoItem = {
  title: 'Mend it, then look again',
  text: 'What was found is under Check-up, with what to do about it.',
  verb: 'check',
  button: 'Check again',
  look: 'primary',
};

const planned: TodoItem = { ...pause, title: 'You plan a maintenance' };

/** The scope that a verb takes; QUEUE_WRITE if it is not here. */
const SCOPES: Readonly<Record<string, string>> = {
  elsewhere: 'DOMAIN_WRITE',
  slow: 'DOMAIN_WRITE',
  check: 'DOMAIN_WRITE',
  look: 'DOMAIN_WRITE',
};

export interface Todo {
  readonly domain: DomainState;
  readonly state: DomainCase;
  readonly egressAddresses: readonly string[];
}

/** Those that this session may do, the remedy first. */
export function todoOf(request: PageRequest, todo: Todo): readonly TodoItem[] {
  const { scopes } = request.visitor;
  return ITEMS[todo.state](todo).filter(({ verb }) => verb === null || scopes.includes(SCOPES[verb] ?? 'QUEUE_WRITE'));
}

const tryNow: TodoItem = { title: 'Try now', text: '', verb: 'try', button: 'Try now', look: 'primary' };
const nothing = (title: string, text: string): TodoItem => ({ title, text, verb: null, button: '' });

const look: TodoItem = {
  title: 'Publish the TXT record',
  text: 'Then we need not wait.',
  verb: 'look',
  button: 'Look now',
  look: 'primary',
};

const resume: TodoItem = {
  title: 'Your server is ready',
  text: 'Then all that is held is tried at once.',
  verb: 'resume',
  button: 'Resume',
  look: 'primary',
};

const release: TodoItem = {
  title: 'Repair the mailboxes, then hand everything over',
  text: 'Your server said “no such mailbox” of mailboxes that it took mail for. We keep their mail.',
  verb: 'release',
  button: 'Hand over everything',
  look: 'primary',
};

const sendBack: TodoItem = {
  title: 'The mailboxes really are gone',
  text: 'Then their mail goes back to its senders. This cannot be undone.',
  verb: 'return',
  button: 'Return to senders…',
  send: 'Return to senders',
  look: 'danger',
  fields: () => html`<p class="hint">First you see how many recipients that is.</p>`,
};

const tryOne = (text: string): TodoItem => ({ title: 'Try one message', text, verb: 'try', button: 'Try one' });

const ITEMS: Readonly<Record<DomainCase, (todo: Todo) => readonly TodoItem[]>> = {
  PENDING: () => [look],
  SUSPENDED: () => [nothing('Ask the operator', 'Only the operator of this service can end that.')],
  UNPROTECTED: () => [check, planned],
  OUR_FAULT: () => [nothing('Nothing', 'We are looking at it. Mail is taken, and kept as long as it lasts.'), pause],
  PAUSED: ({ domain }) => [
    resume,
    tryOne('It shows whether your server answers. The rest waits.'),
    ...ifHeld(domain, hold),
  ],
  BREAKER: () => [release, tryOne('When your server takes it, the rest follows by itself.'), sendBack],
  OUTAGE: ({ domain, egressAddresses }) => [
    { ...tryNow, text: TRY_TEXTS[domain.outage?.kind ?? 'DOWN'](egressAddresses.join(' and ') || 'us') },
    ...ifHeld(domain, hold),
    elsewhere,
    pause,
  ],
  DRAINING: ({ domain }) => [
    nothing('Nothing', 'It goes out by itself, the oldest first. New mail comes to your server directly.'),
    slow(domain),
    { ...pause, title: 'Something is wrong', text: 'We do not dial while you look. What is left stays safe.' },
  ],
  HOLDING: () => [
    { ...tryNow, text: 'What your server put off is tried again by itself; this does it at once.' },
    elsewhere,
    pause,
  ],
  CHECK_FAILED: () => [check, { ...drill, title: 'Does it work anyway?' }, planned],
  FINE: ({ domain }) => [domain.drills.nodes[0]?.state === 'HELD' ? endDrill : drill, planned],
};

function ifHeld({ queue }: DomainState, item: TodoItem): readonly TodoItem[] {
  return queue.heldCount > 0 ? [item] : [];
}

function slow({ drainPerMinute }: DomainState): TodoItem {
  const text = drainPerMinute === null ? 'It gets what it takes.' : `It gets ${drainPerMinute} a minute at the most.`;
  return {
    title: 'Too much for your server?',
    text,
    verb: 'slow',
    button: 'Slow down…',
    send: 'Change the pace',
    fields: (sent) =>
      textField(sent, 'most', 'Messages a minute, at the most', {
        preset: drainPerMinute === null ? '' : String(drainPerMinute),
        hint: 'Empty is no limit.',
      }),
  };
}

function option(sent: Sent, value: string, text: string): Html {
  return sent.value('hours', '4') === value
    ? html`<option value="${value}" selected>${text}</option>`
    : html`<option value="${value}">${text}</option>`;
}
