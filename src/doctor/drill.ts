/**
 * The fire drill: a marked message goes the whole way – accepted by our own listener, held, released, delivered – and is reported.
 *
 * Promises: a command or its time releases a held drill; a message that its primary defers is tried once more, by the rule of all
 * mail; whatever happens it ends, and its message with it; if the answer to its content is lost, it continues as ordinary mail;
 * its message has the null reverse-path, so no report is made (RFC 5321 §4.5.5). Any number of nodes may work on the same drills.
 */
import { formatDate } from '../mail/mime.ts';
import { OPERATOR_VIEWER } from '../mail/viewer.ts';
import type { QueueSql } from '../queue/claim.ts';
import { cancelMessage } from '../queue/verbs/commands.ts';
import {
  type DrillDestination,
  isAboutToBeTried,
  readDrillDeliveries,
  readDrillDestination,
  readPutOff,
} from '../queue/drills/drill-facts.ts';
import {
  type DrillResult,
  findOpenDrills,
  finishDrill,
  holdDrill,
  type OpenDrill,
  putOffDrill,
  releaseDrill,
  requestScheduled,
  takeRequestedDrills,
} from '../queue/drills/drills.ts';
import { readLimits } from '../queue/limits.ts';
import { findMessage } from '../queue/read/inspect.ts';
import type { MailEvents } from '../telemetry/events.ts';
import { type DrillMail, enterMail, type Listener } from './drill-entry.ts';
import {
  acceptanceOf,
  conclusionOf,
  deliveryOf,
  greylistingOf,
  type Outlook,
  outlookOf,
  putOffOf,
} from './drill-findings.ts';

export interface DrillDeps {
  readonly sql: QueueSql;
  /** Our name in EHLO and in the message. */
  readonly hostname: string;
  /** Our own listener; null while it is not open. */
  readonly listener: () => Listener | null;
  readonly readOutlook: (drill: OpenDrill) => Promise<Omit<Outlook, 'destination' | 'limits'>>;
  readonly poke: (destinationId: string) => void;
  readonly events: Pick<MailEvents, 'settled' | 'drillFinished'>;
}

/** One round of all drills: begins the requested ones, advances the others. */
export async function runDrills(deps: DrillDeps): Promise<void> {
  await requestScheduled(deps.sql);
  const listener = deps.listener();
  if (listener !== null) {
    const taken = await takeRequestedDrills(deps.sql, AT_ONCE);
    await forEach(taken, (drill) => enter(deps, drill, listener));
  }
  await forEach(await findOpenDrills(deps.sql), (drill) => advance(deps, drill));
}

/** A drill may wait half a minute for a primary that is asked ahead; the rest comes with the next round. */
const AT_ONCE = 10;

/** Works on all of them, some at once, also if one fails: then throws the first failure. */
async function forEach(drills: readonly OpenDrill[], work: (drill: OpenDrill) => Promise<void>): Promise<void> {
  const ends: PromiseSettledResult<void>[] = [];
  for (let from = 0; from < drills.length; from += AT_ONCE) {
    ends.push(...(await Promise.allSettled(drills.slice(from, from + AT_ONCE).map(work))));
  }
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function enter(deps: DrillDeps, drill: OpenDrill, listener: Listener): Promise<void> {
  const destination = await readDrillDestination(deps.sql, drill.destinationId);
  if (destination === null) return finish(deps, drill, { result: 'INTERRUPTED' });
  const outlook = outlookOf({ ...(await deps.readOutlook(drill)), destination, limits: await readLimits(deps.sql) });
  const { hostname } = deps;
  const content = contentOf(drill, { hostname, date: formatDate(destination.now) });
  const mail: DrillMail = { ehloName: hostname, recipient: drill.recipient, envelopeId: drill.envelopeId, content };
  const { steps, messageId } = await enterMail(listener, mail);
  const findings = [...outlook, acceptanceOf(steps, messageId !== null)];
  if (messageId === null) return finish(deps, drill, { result: 'NOT_ACCEPTED', steps, findings });
  await holdDrill(deps.sql, drill.id, { messageId, steps, findings });
  if (drill.holdMinutes === 0) await release(deps, drill);
}

async function release({ sql, poke }: DrillDeps, drill: OpenDrill): Promise<void> {
  await releaseDrill(sql, drill.id);
  poke(drill.destinationId);
}

async function advance(deps: DrillDeps, drill: OpenDrill): Promise<void> {
  const { messageId, state } = drill;
  if (state === 'HELD' && drill.isDue) return release(deps, drill);
  if (messageId === null) {
    if (drill.isStale) await finish(deps, drill, { result: 'INTERRUPTED' });
    return;
  }
  // Before its recipient is read: an attempt that ends in between is seen there.
  const isTryToCome = await isAboutToBeTried(deps.sql, drill.id);
  const message = await findMessage(deps.sql, OPERATOR_VIEWER, messageId);
  const recipient = message?.recipients[0];
  if (recipient === undefined) return finish(deps, drill, { result: 'INTERRUPTED' });
  if (recipient.state !== 'HELD') return report(deps, drill, RESULTS[recipient.state]);
  if (state !== 'RELEASED') return;
  const { attemptCount } = recipient;
  const putOff = attemptCount > 0 && !isPutOff(drill) ? await readPutOff(deps.sql, drill.id) : null;
  if (putOff !== null) {
    const { nextAttemptAt } = putOff;
    return putOffDrill(deps.sql, drill.id, { nextAttemptAt, finding: putOffOf(putOff) });
  }
  if (isTryToCome && !drill.isStale) {
    const destination = await readDrillDestination(deps.sql, drill.destinationId);
    if (destination !== null && !isWaiting(destination)) return;
  }
  await endMessage(deps, drill, attemptCount === 0 ? 'NOT_ATTEMPTED' : 'NOT_DELIVERED');
}

/** Greylisting looks like that: once is not the whole story. */
function isPutOff({ findings }: OpenDrill): boolean {
  return findings.some(({ code }) => code === 'GREYLISTING');
}

const RESULTS = {
  DELIVERED: 'DELIVERED',
  FAILED: 'NOT_DELIVERED',
  EXPIRED: 'NOT_DELIVERED',
  CANCELLED: 'CANCELLED',
} as const;

/** No mail is delivered for now, and a drill does not wait for that. */
function isWaiting({ isPaused, isFailing, isBreakerOpen }: DrillDestination): boolean {
  return isPaused || isFailing || isBreakerOpen;
}

/** A message that a drill could not deliver is not kept for days. One in delivery at this moment is ended by a later round. */
async function endMessage(deps: DrillDeps, drill: OpenDrill, result: DrillResult): Promise<void> {
  const cancelled = await cancelMessage(deps.sql, OPERATOR_VIEWER, drill.messageId ?? '', 'the fire drill is over');
  if (cancelled.kind !== 'DONE') return;
  deps.events.settled(cancelled.domain, cancelled.results);
  await report(deps, drill, result);
}

async function report(deps: DrillDeps, drill: OpenDrill, result: DrillResult): Promise<void> {
  const steps = await readDrillDeliveries(deps.sql, drill.id);
  const destination = await readDrillDestination(deps.sql, drill.destinationId);
  const findings = [deliveryOf(result, steps, destination), ...(isPutOff(drill) ? [greylistingOf(result, steps)] : [])];
  await finish(deps, drill, { result, steps, findings });
}

async function finish(deps: DrillDeps, drill: OpenDrill, end: Parameters<typeof finishDrill>[2]): Promise<void> {
  const { result, findings = [] } = end;
  const codes = new Set(findings.map(({ code }) => code));
  const all = [...drill.findings.filter(({ code }) => !codes.has(code)), ...findings];
  const whole = { ...end, findings: [...findings, conclusionOf(result, all)] };
  if (!(await finishDrill(deps.sql, drill.id, whole))) return;
  deps.events.drillFinished({ domain: drill.domainName, drill: drill.id, result });
}

/** RFC 5322, marked so that people and programs know it (RFC 3834 §5). */
function contentOf(drill: OpenDrill, { hostname, date }: { readonly hostname: string; readonly date: string }): string {
  const { id, domainName, recipient } = drill;
  return [
    `Date: ${date}`,
    `From: Backup MX <postmaster@${hostname}>`,
    `To: ${recipient}`,
    `Subject: Fire drill of the backup MX for ${domainName}`,
    `Message-ID: <${id}@${hostname}>`,
    'Auto-Submitted: auto-generated',
    `X-Backup-MX-Drill: ${id}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `This message is a fire drill of the backup MX ${hostname} for ${domainName}.`,
    'It went the way that mail goes while your mail server is down. You need not do anything.',
    '',
  ].join('\r\n');
}
