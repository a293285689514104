/** The settings of a domain in words. Pure. */
import type { DomainSettingsQuery, TlsPolicy, UnknownWhileDownPolicy } from '../operations/generated.ts';
import type { SentencePart } from './overview-sentence.ts';

export type DomainSettings = NonNullable<DomainSettingsQuery['domain']>;

export const TLS_WORDS: Readonly<Record<TlsPolicy, string>> = {
  OPPORTUNISTIC: 'If it is offered, with any certificate',
  REQUIRED: 'Always, with any certificate',
  VERIFIED: 'Always, with a certificate that names the host',
  NONE: 'Never',
};

export const UNKNOWN_WORDS: Readonly<Record<UnknownWhileDownPolicy, string>> = {
  ACCEPT: 'Mail for it is taken',
  DEFER_THEN_ACCEPT: 'Mail for it is put off for some hours, then taken',
  DEFER: 'Mail for it is put off until your server answers',
};

/** The place that mail goes to. */
export function routeText({ deliverTo }: Pick<DomainSettings, 'deliverTo'>): string {
  const [first] = deliverTo;
  if (first === undefined) return 'The server in your MX records';
  const others = deliverTo.length - 1;
  return `${first.host}${first.port === 25 ? '' : `, port ${first.port}`}${others === 0 ? '' : `, then ${others} more`}`;
}

type Told = Pick<DomainSettings, 'status' | 'deliverTo' | 'tlsPolicy' | 'hasCallAheads'>;

export function settingsSentence(domain: Told): readonly SentencePart[] {
  const { status, deliverTo, tlsPolicy, hasCallAheads } = domain;
  const [first] = deliverTo;
  const to = first === undefined ? 'the server in your MX records' : first.host;
  const taken =
    status === 'ACTIVE'
      ? `Mail is handed over to ${to}.`
      : status === 'PENDING'
        ? 'No mail is taken yet: the domain is not proven.'
        : 'No mail is taken: the domain is suspended.';
  const safe = tlsPolicy === 'REQUIRED' || tlsPolicy === 'VERIFIED' ? ' It never goes in clear text.' : '';
  const asks = hasCallAheads ? 'We ask it which mailboxes exist.' : 'We do not ask it which mailboxes exist.';
  return [
    { text: taken, part: 'first' },
    { text: `${asks}${safe}`, part: 'rest' },
  ];
}
