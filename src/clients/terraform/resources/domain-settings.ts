/** The settings of a relay domain as attributes of `backupmx_domain`, and as the API has them. Its DNS lists are resources of their own. */
import { type Domain, TlsPolicy, UnknownWhileDownPolicy } from '../../../control/generated.ts';
import { formatDuration, parseDuration, UNIT_MS } from '../../../mail/duration.ts';
import type { Selected } from '../../api/requests.ts';
import type { Diagnostic } from '../sdk/diagnostic.ts';
import { type Attributes, optional, required } from '../sdk/schema.ts';
import { isRecord, type State, textsOf, type Value } from '../sdk/value.ts';
import {
  checkDomainName,
  checkHost,
  checkNetwork,
  formatHost,
  meansSameHosts,
  oneOf,
  parseHost,
  wholeNumber,
} from './words.ts';

const DEFAULT_HOURS = 4;

const LABEL_KEY = /^(?=.{1,63}$)[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/;

export const SETTING_ATTRIBUTES: Attributes = {
  name: required('string', 'The part after the @: `example.org`, in lower case and as A-label.', {
    replaces: true,
    check: checkDomainName,
  }),
  deliver_to: optional(
    ['list', 'string'],
    'Hosts that get the mail, best first: `mail.example.org`, `192.0.2.1:2525`, `[2001:db8::1]:25`. Without them the MX records decide.',
    { check: checkHost, means: meansSameHosts },
  ),
  labels: optional(['map', 'string'], 'Labels of your choice.'),
  recipient_delimiter: optional(
    'string',
    'With `+`, a listed `alice` also matches `alice+anything`. Without it local parts are compared as a whole.',
    {
      check: (value) =>
        typeof value === 'string' && /^[!#$%&'*+/=?^_`{|}~-]$/.test(value)
          ? null
          : 'Expected one character that may stand in a local part, such as "+".',
    },
  ),
  call_aheads: optional(
    'bool',
    'True if the primary is asked about a recipient before mail is accepted. Default `true`.',
    { default: true },
  ),
  unknown_while_down: optional(
    'string',
    'Treatment of unknown recipients while the primary does not answer: `ACCEPT` (default), `DEFER_THEN_ACCEPT` or `DEFER`.',
    { default: 'ACCEPT', check: oneOf(Object.values(UnknownWhileDownPolicy)) },
  ),
  unknown_while_down_hours: optional(
    'number',
    'Hours of `DEFER_THEN_ACCEPT`, from the beginning of the outage, 1 to 240. Default 4.',
    { default: DEFAULT_HOURS, check: wholeNumber(1, 240) },
  ),
  dnsbl_threshold: optional(
    'number',
    'A sender is refused if the weights of the DNS block lists that list it reach this sum. Default 1.',
    { default: 1, check: wholeNumber(1, 1000) },
  ),
  dnsbl_allowed_clients: optional(
    ['set', 'string'],
    'Networks that are not looked up in DNS block lists: `192.0.2.0/24`.',
    { check: checkNetwork },
  ),
  tls_policy: optional(
    'string',
    'Requirement for TLS to the primary: `NONE`, `OPPORTUNISTIC` (default), `REQUIRED` or `VERIFIED`.',
    { default: 'OPPORTUNISTIC', check: oneOf(Object.values(TlsPolicy)) },
  ),
  drain_per_minute: optional(
    'number',
    'Maximum of messages a minute while held mail drains. Without it only the capacity of the primary limits the rate.',
    { check: wholeNumber(1, 1_000_000) },
  ),
  etrn_clients: optional(['set', 'string'], 'Networks whose hosts may request the mail by ETRN: `192.0.2.0/24`.', {
    check: checkNetwork,
  }),
  delay_reports: optional(
    'bool',
    'True if senders are notified of delays even if they did not request it. Default `false`.',
    { default: false },
  ),
};

export const SETTING_FIELDS =
  `labels { key value } deliverTo { host port } recipientDelimiter hasCallAheads unknownWhileDown { policy duration }
  dnsblThreshold dnsblAllowedClients tlsPolicy drainPerMinute etrnClients hasDelayReports` as const;

export function settingsOf(domain: Selected<Domain, typeof SETTING_FIELDS>): State {
  return {
    deliver_to: domain.deliverTo.map(formatHost),
    labels: Object.fromEntries(domain.labels.map(({ key, value }) => [key, value])),
    recipient_delimiter: domain.recipientDelimiter,
    call_aheads: domain.hasCallAheads,
    unknown_while_down: domain.unknownWhileDown.policy,
    unknown_while_down_hours: (parseDuration(domain.unknownWhileDown.duration) ?? 0) / UNIT_MS.h,
    dnsbl_threshold: domain.dnsblThreshold,
    dnsbl_allowed_clients: domain.dnsblAllowedClients,
    tls_policy: domain.tlsPolicy,
    drain_per_minute: domain.drainPerMinute,
    etrn_clients: domain.etrnClients,
    delay_reports: domain.hasDelayReports,
  };
}

export function settingsInput(planned: State): Record<string, unknown> {
  return {
    deliverTo: textsOf(planned['deliver_to']).map(parseHost),
    labels: labelsOf(planned['labels'] ?? null),
    recipientDelimiter: planned['recipient_delimiter'] ?? null,
    hasCallAheads: planned['call_aheads'],
    unknownWhileDown: {
      policy: planned['unknown_while_down'],
      duration: formatDuration(Number(planned['unknown_while_down_hours'] ?? DEFAULT_HOURS) * UNIT_MS.h),
    },
    dnsblThreshold: planned['dnsbl_threshold'],
    dnsblAllowedClients: planned['dnsbl_allowed_clients'] ?? [],
    tlsPolicy: planned['tls_policy'],
    drainPerMinute: planned['drain_per_minute'] ?? null,
    etrnClients: planned['etrn_clients'] ?? [],
    hasDelayReports: planned['delay_reports'],
  };
}

function labelsOf(labels: Value): { key: string; value: Value }[] {
  return isRecord(labels) ? Object.entries(labels).map(([key, value]) => ({ key, value })) : [];
}

export function checkLabels({ labels = null }: State): readonly Diagnostic[] {
  return (isRecord(labels) ? Object.keys(labels) : [])
    .filter((key) => !LABEL_KEY.test(key))
    .map((key) => ({
      severity: 'ERROR',
      summary: 'labels cannot be used',
      detail: `The key ${JSON.stringify(key)} is invalid. Expected 1 to 63 letters, digits, ".", "_", "-" or "/".`,
      path: ['labels', key],
    }));
}
