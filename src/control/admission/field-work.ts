/**
 * The cost of a field beside its values: the work of its statement in the database, or of its questions to the DNS.
 *
 * A statement costs the service and PostgreSQL about as much as a hundred values. A field that a loader reads (context.ts) has one for all
 * things of a page, and pays a share for each; any other has one for each thing. Calibrated by `npm run bench -- costs`: a field that
 * takes more than ten times as long for what it costs as the median field is an attacker's choice. A field of a resolver that is
 * neither here nor known to ask no one fails a test (test/control/field-work.test.ts).
 */

/** The cost of a field, in values. */
export interface FieldWork {
  /** However many things it is asked of. */
  readonly once: number;
  /** For each thing that it is asked of. */
  readonly each: number;
  /** For each id, or the like, that it is asked for. */
  readonly item: number;
  /** With a filter, which no index may serve: thousands of rows are looked through then. */
  readonly filter: number;
}

const NO_WORK: FieldWork = { once: 0, each: 0, item: 0, filter: 0 };

/** A statement for each thing. */
const own = (each = 100): FieldWork => ({ ...NO_WORK, each });
/** A page of a list, and more with a filter. */
const list = (filter = 0, each = 400): FieldWork => ({ ...NO_WORK, each, filter });
/** A statement for all things of a page, and a look at a row for each. */
const shared = (each = 5, once = 100): FieldWork => ({ ...NO_WORK, once, each });
/** Up to ten thousand entries of an index are looked through. */
const COUNTED = own(300);
/** A list of each thing of a page is read to its thousandth row. */
const READ_THROUGH = own(1_000);

/** By type and field. */
export const FIELD_WORK: Readonly<Record<string, FieldWork>> = {
  'Query.node': own(500),
  'Query.nodes': { ...NO_WORK, once: 100, item: 300 },
  'Query.tenant': shared(),
  'Query.tenants': list(),
  'Query.token': own(),
  'Query.tokens': list(),
  'Query.webhook': own(),
  'Query.webhooks': list(),
  'Query.alertContact': own(),
  'Query.alertContacts': list(),
  'Query.summary': own(500),
  'Query.domain': own(150),
  'Query.domains': list(600),
  'Query.message': own(400),
  'Query.messages': list(600, 600),
  'Query.rejections': list(6_000),
  'Query.auditEntries': list(2_500),
  'Query.outages': list(0, 600),
  'Query.operation': own(),
  'Query.operations': list(),
  'Query.rejectionCounts': own(150),
  'Query.recipientStanding': own(150),
  // Up to 10,000 rows are written.
  'Mutation.domainsFlush': own(5_000),

  'Service.messageSizeLimit': own(),
  'Service.retrySchedule': own(),
  'Service.nodes': own(),
  'Service.flow': own(),
  'Service.lifetime': own(),
  // Domains are counted, and what is held is added up.
  'Service.totals': own(500),
  'Service.troubleSince': own(),
  'Viewer.tenant': shared(),
  'Viewer.consoleSessions': own(),
  'Viewer.token': own(),

  'AlertContact.tenant': shared(),
  'AuditEntry.tenant': shared(),
  'Token.tenant': shared(),
  'Webhook.tenant': shared(),
  'Webhook.deliveries': shared(20),
  'Tenant.domains': shared(20),
  'Tenant.flow': shared(80),
  // Each of its domains is counted.
  'Tenant.usage': shared(50, 500),

  'Domain.attempts': shared(20),
  'Domain.breaker': shared(),
  'Domain.conditions': shared(),
  'Domain.doctor': shared(),
  'Domain.drills': shared(20),
  'Domain.drillSchedule': shared(),
  'Domain.flow': shared(80),
  'Domain.ignoredAlertContacts': shared(),
  'Domain.lastAttempt': shared(),
  'Domain.lastOutage': shared(),
  'Domain.mx': own(300),
  'Domain.outage': shared(),
  'Domain.outages': shared(20),
  'Domain.pause': shared(),
  'Domain.proof': shared(),
  'Domain.queue': shared(),
  'Domain.requestedAttempt': shared(),
  'Domain.situation': shared(),
  'Domain.tenant': shared(),
  'DomainQueue.nextAttempts': shared(20),
  'DnsblZone.checkedAt': shared(),
  'DnsblZone.checkedCount': shared(),
  'DnsblZone.isOn': shared(),
  'DnsblZone.listedCount': shared(),
  'DnsblZone.reason': shared(),
  'RecipientList.entries': shared(20),
  'Outage.domain': shared(),
  'Outage.heldCount': shared(),
  'Outage.heldSize': shared(),
  'Outage.oldestAcceptedAt': shared(),
  'Rejection.domain': shared(),

  'Message.content': own(),
  'Message.domain': shared(),
  'Message.headers': shared(20),
  'Message.subject': shared(20),
  'Message.timeline': shared(80),
  'Recipient.attempts': shared(20),
  'Recipient.dsnSuppressedReason': shared(20),
  'Operation.domain': shared(),
  'TimelineEntry.operation': shared(),
  'TimelineEntry.outage': shared(),
  'OutageChange.outage': shared(),
  'QueueChange.domain': shared(),

  ...countsOf(COUNTED, [
    'AlertContact',
    'Audit',
    'Domain',
    'Message',
    'Operation',
    'Rejection',
    'Tenant',
    'Token',
    'Webhook',
  ]),
  ...countsOf(READ_THROUGH, ['Attempt', 'RecipientListEntry', 'Timeline', 'WebhookDelivery']),
  // Their rows are large.
  ...countsOf(own(3_000), ['Drill', 'Outage']),
};

/** How long a list is, of which each connection says it in two fields. */
function countsOf(work: FieldWork, items: readonly string[]): Readonly<Record<string, FieldWork>> {
  return Object.fromEntries(
    items.flatMap((item) => ['totalCount', 'isTotalEstimated'].map((field) => [`${item}Connection.${field}`, work])),
  );
}

export function workOf(typeName: string, fieldName: string): FieldWork {
  return FIELD_WORK[`${typeName}.${fieldName}`] ?? NO_WORK;
}
