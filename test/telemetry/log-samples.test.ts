/** LOG_ADDRESSES=domain over every event there is, each with local parts wherever its fields could carry one. */
import { describe, expect, test } from 'bun:test';
import { EVENT_LEVELS, type LogEvent, type LogEvents } from '../../src/telemetry/log-events.ts';
import { createLog } from '../../src/telemetry/log.ts';

const DOMAIN = 'customer.example';
const PATH = 'jane.doe+tag@customer.example';
/** A primary names a mailbox as it likes. */
const REPLY = '550-5.1.1 jane.doe has moved\n550 5.1.1 see <jane@customer.example>';
const TEXT =
  'about <"jane doe"@customer.example> and jäne.doe@customer.example, jane@customer.example;jane%x@y.example';
const ID = '019a0000-0000-7000-8000-000000000001';
const AT = new Date('2026-08-01T03:10:00Z');
const MESSAGE = { messageId: ID, transactionId: ID, domain: DOMAIN, recipientCount: 1 };
const OWN_TROUBLE = { failingHosts: 1, workingDomains: 0 };

/** A new event needs its sample here to compile. */
const SAMPLES: { readonly [E in LogEvent]: LogEvents[E] } = {
  started: {
    version: '1',
    runtime: 'bun',
    mxHostname: DOMAIN,
    roles: ['inbound'],
    smtp: ['127.0.0.1:25'],
    http: null,
    database: 'postgres://jane@db.example/mail',
    operatorTokenFile: null,
  },
  stopping: { reason: TEXT, graceMs: 1 },
  stopped: { uptimeMs: 1 },
  connected: { clientAddress: '192.0.2.1', connectionCount: 1 },
  disconnected: { clientAddress: '192.0.2.1', reason: TEXT, durationMs: 1 },
  accepted: {
    transactionId: ID,
    clientAddress: '192.0.2.1',
    ehloName: PATH,
    tls: null,
    reversePath: PATH,
    recipientCount: 1,
    domains: [DOMAIN, PATH],
    sizeBytes: 1,
    latencyMs: 1,
  },
  refused: {
    reference: ID,
    clientAddress: '192.0.2.1',
    ehloName: PATH,
    command: 'RCPT',
    reversePath: '"jane doe"@customer.example',
    forwardPath: 'jane',
    rejection: null,
    reply: '555 5.5.4 parameter JANE not recognized',
  },
  attempt: {
    ...MESSAGE,
    host: 'mx.customer.example',
    address: '192.0.2.1:25',
    tls: null,
    outcome: 'FAILED',
    reply: REPLY,
    latencyMs: 1,
  },
  delivered: { ...MESSAGE, host: null, address: null, reply: REPLY, heldMs: 1 },
  deferred: { ...MESSAGE, reply: '[not a reply: jane.doe is not known here]', nextAttemptAt: null },
  failed: { ...MESSAGE, reply: REPLY },
  expired: { ...MESSAGE, acceptedAt: AT, reply: REPLY },
  cancelled: { ...MESSAGE, reason: TEXT },
  outageOpened: { domain: DOMAIN, kind: 'SMTP', reply: REPLY },
  outageReclassified: { domain: DOMAIN, kind: 'SMTP', formerKind: 'DNS', reply: REPLY },
  outageThreshold: { domain: DOMAIN, kind: 'SMTP', hours: 1, heldCount: 1 },
  outageClosed: { domain: DOMAIN, durationMs: 1, heldCount: 1 },
  outageDraining: { domain: DOMAIN, heldCount: 1 },
  outageDrained: { domain: DOMAIN, durationMs: 1, waitingCount: 0 },
  serviceTroubleBegan: OWN_TROUBLE,
  serviceTroubleEnded: OWN_TROUBLE,
  breakerOpened: { domain: DOMAIN, reply: REPLY },
  breakerTrial: { domain: DOMAIN },
  breakerClosed: { domain: DOMAIN },
  domainActivated: { domain: DOMAIN },
  domainProofLost: { domain: DOMAIN },
  domainProofFound: { domain: DOMAIN },
  drillFinished: { domain: DOMAIN, drill: ID, result: TEXT },
  webhookFailed: { webhookId: ID, host: 'jane@hooks.example', kind: 'outage.opened', status: null },
  webhookDisabled: { webhookId: ID, host: 'hooks.example', reason: TEXT },
  alertSent: { contactId: ID },
  alertWithheld: { contactId: ID },
  reportMade: { transactionId: ID, reportId: ID, action: 'failed', reversePath: PATH, recipientCount: 1 },
  reportSuppressed: { transactionId: ID, reversePath: PATH, reason: TEXT },
  unavailable: { what: 'database', reason: TEXT },
  available: { what: 'database', afterMs: 1 },
  warning: { where: 'spool', message: TEXT },
  trace: { where: 'database', message: TEXT },
  fault: { where: TEXT, error: Object.assign(new Error(TEXT, { cause: new Error(TEXT) }), { code: PATH }) },
  subscriberDropped: { subscription: 'outageChanged', tenantId: ID, tokenId: null },
};

function linesOf(format: 'json' | 'pretty', addresses: 'full' | 'domain', event: LogEvent): string[] {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format, addresses, write: (line) => lines.push(line), now: () => AT });
  // One call of one event: the pair belongs together, which an index by a union does not say.
  (log[event] as (fields: LogEvents[LogEvent]) => void)(SAMPLES[event]);
  return lines;
}

const hasLocalPart = (line: string | undefined) =>
  /j[aä\\]|u00e4ne/iu.test(line?.replaceAll(/"stack":\[.*?\]/g, '') ?? '');

describe.each(Object.keys(EVENT_LEVELS) as LogEvent[])('%s', (event) => {
  test.each(['json', 'pretty'] as const)('%s: one line, without a local part', (format) => {
    const lines = linesOf(format, 'domain', event);
    expect(lines).toHaveLength(1);
    expect({ line: lines[0], isClean: !hasLocalPart(lines[0]) }).toEqual({ line: lines[0], isClean: true });
  });
});

test('the samples have local parts to lose', () => {
  const carrying = Object.keys(EVENT_LEVELS).filter((event) =>
    hasLocalPart(linesOf('json', 'full', event as LogEvent)[0]),
  );
  expect(carrying.length).toBeGreaterThan(20);
});
