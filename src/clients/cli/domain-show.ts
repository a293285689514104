/** `backup-mx domain show`: all about one domain. */
import type { Domain as ApiDomain } from '../../control/generated.ts';
import { parseDuration } from '../../mail/duration.ts';
import type { Selected } from '../api/requests.ts';
import type { Call, Shown } from './action.ts';
import { find } from './call.ts';
import { bytesText } from './table.ts';
import { spanText } from './time.ts';

const WHOLE = `id name status queue { heldCount heldSize nextAttemptAt } outage { kind startedAt lastReply } revision
  lastAttempt { at host address reply outcome } requestedAttempt { requestedAt startedAt waitsFor } labels { key value } tenant { name } mx { verdict recommended { host preference } observed { host preference } }
  proof { name value seenAt lostAt } pause { from until reason isInForce } breaker { state reply }
  recipientList { isEnabled entryCount } deliverTo { host port } recipientDelimiter hasCallAheads
  unknownWhileDown { policy duration } dnsblZones { zone mode weight } dnsblThreshold dnswlZones { zone }
  dnsblAllowedClients tlsPolicy drainPerMinute etrnClients hasDelayReports` as const;

export async function showDomain(call: Call): Promise<Shown> {
  const domain = await find(call, 'domain', call.args[0], WHOLE);
  const { queue, outage, lastAttempt, pause, proof, breaker, mx } = domain;
  const mxText = (hosts: typeof mx.observed) => hosts.map(({ host, preference }) => `${preference} ${host}`).join(', ');
  return {
    kind: 'FACTS',
    facts: [
      ['name', domain.name],
      ['status', domain.status],
      ['tenant', domain.tenant.name],
      ['revision', domain.revision],
      ['held', `${queue.heldCount} (${bytesText(queue.heldSize)})`],
      ['next attempt', call.time(queue.nextAttemptAt)],
      ['last attempt', lastAttempt === null ? null : attemptText(call, lastAttempt)],
      ['outage', outage === null ? null : `${outage.kind}, began ${call.time(outage.startedAt)}: ${outage.lastReply}`],
      ['pause', pause === null ? null : pauseText(call, pause)],
      ['breaker', breaker.reply === null ? breaker.state : `${breaker.state}: ${breaker.reply}`],
      ['mx verdict', mx.verdict],
      ['mx observed', mxText(mx.observed)],
      ['mx recommended', mxText(mx.recommended)],
      [
        'proof',
        proof === null
          ? null
          : `TXT ${proof.name} "${proof.value}" ${proof.seenAt === null ? 'not seen yet' : `seen ${call.time(proof.seenAt)}`}`,
      ],
      ['deliver to', domain.deliverTo.map(({ host, port }) => `${host}:${port}`).join(', ')],
      ['labels', domain.labels.map(({ key, value }) => `${key}=${value}`).join(', ')],
      ['user list', domain.recipientList.isEnabled ? `${domain.recipientList.entryCount} entries` : 'off'],
      ['recipient delimiter', domain.recipientDelimiter],
      ['call-aheads', domain.hasCallAheads],
      ['unknown while down', unknownText(domain.unknownWhileDown)],
      ['dnsbl', domain.dnsblZones.map(zoneText).join(', ')],
      ['dnsbl threshold', domain.dnsblThreshold],
      ['dnswl', domain.dnswlZones.map(({ zone }) => zone).join(', ')],
      ['dnsbl allow', domain.dnsblAllowedClients.join(', ')],
      ['tls', domain.tlsPolicy],
      ['drain per minute', domain.drainPerMinute],
      ['etrn clients', domain.etrnClients.join(', ')],
      ['delay reports', domain.hasDelayReports],
    ],
    data: domain,
  };
}

type Whole = Selected<ApiDomain, typeof WHOLE>;

function attemptText(call: Call, { at, host, address, outcome, reply }: NonNullable<Whole['lastAttempt']>): string {
  const place = host === null ? '' : ` at ${host}${address === null ? '' : ` (${address})`}`;
  return `${call.time(at)}${place}, ${outcome}: ${reply}`;
}

function pauseText(call: Call, { from, until, reason }: NonNullable<Whole['pause']>): string {
  const begin = from === null ? 'now' : `from ${call.time(from)}`;
  const end = until === null ? 'until it is resumed' : `until ${call.time(until)}`;
  return `${begin}, ${end}${reason === null || reason === '' ? '' : `: ${reason}`}`;
}

function unknownText({ policy, duration }: Whole['unknownWhileDown']): string {
  return policy === 'DEFER_THEN_ACCEPT' ? `${policy} after ${spanText(parseDuration(duration) ?? 0)}` : policy;
}

function zoneText({ zone, mode, weight }: Whole['dnsblZones'][number]): string {
  return `${zone} (${mode}${weight === 1 ? '' : `, weight ${weight}`})`;
}
