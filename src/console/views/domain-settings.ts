/** The settings of a domain, each group with a form of its own, and the end of the domain. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { parseDuration } from '../../mail/duration.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { type DomainSettingsQuery, domainSettingsQuery } from '../operations/generated.ts';
import { counted } from '../words/count.ts';
import { routeText, settingsSentence, TLS_WORDS, UNKNOWN_WORDS } from '../words/domain-settings.ts';
import { timeText } from '../words/time.ts';
import { domainPart, refusedPart } from './domain-frame.ts';
import { areaField, checkFields, choiceField, textField } from './fields.ts';
import { missingPage } from './missing.ts';
import { facts } from './settings-frame.ts';
import { type Sent, type TodoItem, todoList } from './todo-item.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Settings = NonNullable<DomainSettingsQuery['domain']>;

export async function domainSettingsPage(request: PageRequest, [name = '']: readonly string[]): Promise<PageAnswer> {
  const asked = await request.ask(domainSettingsQuery, { name });
  if (asked.kind === 'REFUSED') return refusedPart(request, asked.message);
  const { domain } = asked.data;
  if (domain === null) return missingPage(request);
  const base = `/console/d/${encodeURIComponent(domain.name)}/settings`;
  const { scopes } = request.visitor;
  const card = (title: string, items: readonly TodoItem[]): Html =>
    items.length === 0
      ? NONE
      : html`<section class="card"><h2>${title}</h2>${todoList(request, items, base)}</section>`;
  const may = scopes.includes('DOMAIN_WRITE');
  return domainPart(request, {
    name: domain.name,
    current: 'settings',
    sentence: settingsSentence(domain),
    main: html`<div class="columns"><div>
        ${card('How mail goes', may ? [route(domain), delivery(domain)] : [])}
        ${card('How mail comes', may ? [mailboxes(domain), more(domain)] : [])}
        ${card('Fire drill', scopes.includes('QUEUE_WRITE') ? [drills(request, domain)] : [])}
        ${card('The domain', may ? endings(request, domain) : [])}
      </div><div><section class="card"><h2>As it is</h2>${asItIs(request, domain)}</section></div></div>`,
  });
}

function asItIs({ now, visitor }: PageRequest, domain: Settings): Html {
  const { tenant, labels, etrnClients, drainPerMinute, recipientDelimiter, createdAt, updatedAt } = domain;
  const at = (text: string): string => timeText(new Date(text), now, visitor.timeZone);
  return facts([
    ['Of', visitor.isOperator ? shownText(tenant.name) : null],
    ['Delivered to', shownText(routeText(domain))],
    ['TLS', TLS_WORDS[domain.tlsPolicy]],
    ['Pace', drainPerMinute === null ? 'As your server takes it' : `${counted(drainPerMinute, 'message')} a minute`],
    ['We ask your server', domain.hasCallAheads ? 'Whether a mailbox exists' : 'Nothing before we take mail'],
    ['While it is away', UNKNOWN_WORDS[domain.unknownWhileDown.policy]],
    ['Delimiter', recipientDelimiter === null ? 'None' : shownText(recipientDelimiter)],
    ['Delays', domain.hasDelayReports ? 'Senders are told' : 'Senders are told if they asked'],
    ['ETRN from', etrnClients.length === 0 ? null : etrnClients.map((client) => shownText(client)).join(', ')],
    ['Labels', labels.length === 0 ? null : labels.map(({ key, value }) => shownText(`${key}=${value}`)).join(', ')],
    ['Added', at(createdAt)],
    ['Changed', at(updatedAt)],
  ]);
}

/** The revision that the page had: a change in between is not overwritten. */
function revision(sent: Sent, { revision: number }: Settings): Html {
  return html`<input type="hidden" name="revision" value="${sent.value('revision', String(number))}" />`;
}

function route(domain: Settings): TodoItem {
  const hosts = domain.deliverTo.map(({ host, port }) => hopText(host, port)).join('\n');
  return {
    title: 'The server that gets your mail',
    text: 'Usually your MX records say it. Name hosts here if it is another one.',
    verb: 'route',
    button: 'Change…',
    send: 'Change the way',
    fields: (sent) =>
      html`${revision(sent, domain)}${areaField(sent, 'hosts', 'Hosts', { preset: hosts, hint: 'One per line, with a port if it is not 25. With none your MX records decide.' })}`,
  };
}

function hopText(host: string, port: number): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === 25 ? shown : `${shown}:${port}`;
}

function delivery(domain: Settings): TodoItem {
  const { tlsPolicy, drainPerMinute } = domain;
  return {
    title: 'TLS and pace',
    text: 'Whether mail may go in clear text, and how much your server gets when it is back.',
    verb: 'delivery',
    button: 'Change…',
    send: 'Change',
    fields: (sent) => html`${revision(sent, domain)}
      ${choiceField(sent, 'tls', 'TLS to your server', Object.entries(TLS_WORDS), { preset: tlsPolicy })}
      ${textField(sent, 'most', 'Messages a minute, at the most', { preset: drainPerMinute === null ? '' : String(drainPerMinute), hint: 'Empty is no limit.' })}`,
  };
}

function mailboxes(domain: Settings): TodoItem {
  const { hasCallAheads, unknownWhileDown, recipientDelimiter } = domain;
  const hours = Math.round((parseDuration(unknownWhileDown.duration) ?? 4 * HOUR_MS) / HOUR_MS);
  return {
    title: 'Which mailboxes exist',
    text: 'Mail for others is refused at the door, so that it does not come back from us.',
    verb: 'mailboxes',
    button: 'Change…',
    send: 'Change',
    fields: (sent) => html`${revision(sent, domain)}
      ${checkFields(sent, 'callAheads', 'Before we take mail', [['true', 'Ask your server whether the mailbox exists']], hasCallAheads ? ['true'] : [])}
      ${choiceField(sent, 'unknown', 'A mailbox that is not known while your server is away', Object.entries(UNKNOWN_WORDS), { preset: unknownWhileDown.policy })}
      ${textField(sent, 'hours', 'Hours until it is taken', { preset: String(hours), hint: 'Only where it is put off first.' })}
      ${textField(sent, 'delimiter', 'Delimiter', { preset: recipientDelimiter ?? '', hint: 'Such as +: what comes after it in an address does not count.' })}`,
  };
}

function more(domain: Settings): TodoItem {
  const { hasDelayReports, etrnClients, labels } = domain;
  return {
    title: 'Delays, ETRN and labels',
    text: 'Whether senders hear that mail waits, which servers may ask for it, and words of your own.',
    verb: 'more',
    button: 'Change…',
    send: 'Change',
    fields: (sent) => html`${revision(sent, domain)}
      ${checkFields(sent, 'delayReports', 'When mail waits', [['true', 'Tell its sender, also if it did not ask']], hasDelayReports ? ['true'] : [])}
      ${areaField(sent, 'etrn', 'Networks that may ask by ETRN', { preset: etrnClients.join('\n'), hint: 'One per line.' })}
      ${areaField(sent, 'labels', 'Labels', { preset: labels.map(({ key, value }) => `${key}=${value}`).join('\n'), hint: 'One per line, such as site=vienna.' })}`,
  };
}

function drills({ now, visitor }: PageRequest, { drillSchedule }: Settings): TodoItem {
  const days = drillSchedule === null ? '' : String(Math.round((parseDuration(drillSchedule.interval) ?? 0) / DAY_MS));
  const next = drillSchedule === null ? null : timeText(new Date(drillSchedule.nextAt), now, visitor.timeZone);
  return {
    title: 'One message goes the whole way, by itself',
    text: next === null ? 'No drill is planned.' : `The next begins ${next}.`,
    verb: 'drill-days',
    button: 'Change…',
    send: 'Change',
    fields: (sent) => textField(sent, 'days', 'Every so many days', { preset: days, hint: 'Empty: none by itself.' }),
  };
}

function endings({ visitor }: PageRequest, { status, queue }: Settings): readonly TodoItem[] {
  const suspend: TodoItem = {
    title: 'It must not be used for now',
    text: 'Senders are asked to try again later. What is held is still tried.',
    verb: 'suspend',
    button: 'Suspend…',
    look: 'danger',
    send: 'Suspend this domain',
    fields: (sent) => textField(sent, 'reason', 'Why', { hint: 'For the record; it may stay empty.' }),
  };
  const unsuspend: TodoItem = {
    title: 'It may be used again',
    text: 'Its mail is taken as before.',
    verb: 'unsuspend',
    button: 'End the suspension',
  };
  return [
    ...(visitor.isOperator ? [status === 'SUSPENDED' ? unsuspend : suspend] : []),
    {
      title: 'We need not stand by any more',
      text: 'Take our names out of its MX records first: its mail is refused from then on.',
      verb: 'delete-domain',
      button: 'Remove…',
      look: 'danger',
      send: 'Remove this domain',
      fields: (sent) =>
        queue.heldCount === 0
          ? NONE
          : choiceField(sent, 'held', `${counted(queue.heldCount, 'message is', 'messages are')} held`, [
              ['DELIVER_FIRST', 'Go on trying until all of it is delivered or expires'],
              ['CANCEL', 'Throw it away; its senders are not told'],
            ]),
    },
  ];
}
