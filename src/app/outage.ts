/**
 * Outages in log and metrics, and the work on them that no attempt does: checks, ages, drains, our own trouble.
 */
import type { Config } from '../config/config.ts';
import { createRecoveryChecks, type RecoveryChecks } from '../delivery/recovery-checks.ts';
import { routeOf } from '../delivery/route.ts';
import type { Delivery, DeliveryEvents } from '../delivery/worker.ts';
import { endTrials } from './breaker.ts';
import type { DeliveryParts } from './delivery.ts';
import type { Timers } from './timers.ts';
import { openSession } from '../smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../smtp/timeouts.ts';
import { endEmptyOutages, tellThresholds } from '../outage/care.ts';
import type { ClosedOutage } from '../outage/clock.ts';
import { createDrainGauge } from '../outage/drain.ts';
import { judgeOwnTrouble, type OwnTrouble } from '../outage/own-trouble.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const CHECKS_EVERY_MS = 1000;
const CARE_EVERY_MS = 3000;
const OWN_TROUBLE_EVERY_MS = 5000;
/** A check that takes longer has failed; RFC 5321's minutes are for mail. */
const CHECK_TIMEOUTS = { ...DEFAULT_SMTP_TIMEOUTS, connectMs: 10_000, greetingMs: 30_000, commandMs: 30_000 };

type OutageEvents = Pick<DeliveryEvents, 'outageOpened' | 'outageReclassified' | 'outageClosed'>;

/** What delivery tells of outages, as it happens. */
export function outageEvents(log: Log, metrics: Metrics): OutageEvents {
  return {
    outageOpened: ({ name: domain }, { reply, outageClass }) => {
      metrics.outageEvent('OPENED', outageClass);
      log.outageOpened({ domain, class: outageClass, reply });
    },
    outageReclassified: ({ name: domain }, { reply, outageClass, formerClass }) => {
      metrics.outageEvent('RECLASSIFIED', outageClass);
      log.outageReclassified({ domain, class: outageClass, formerClass, reply });
    },
    outageClosed: ({ name }, closed) => tellClosed(log, metrics, name, closed),
  };
}

/** Of a trial that began with the end of an outage, and not with a verdict. */
function tellTrial(log: Log, metrics: Metrics, domain: string): void {
  metrics.breakerMoved('TRIAL');
  log.breakerTrial({ domain });
}

/** Of an outage that a success has ended, or a person's word on its breaker. */
export function tellClosed(
  log: Log,
  metrics: Metrics,
  domain: string,
  { outageClass, startedAt, endedAt, heldCount, beganTrial }: ClosedOutage,
): void {
  if (beganTrial) tellTrial(log, metrics, domain);
  metrics.outageEvent('CLOSED', outageClass);
  log.outageClosed({ domain, durationMs: endedAt.getTime() - startedAt.getTime(), heldCount });
  if (heldCount <= 0) return;
  metrics.outageEvent('DRAINING', outageClass);
  log.outageDraining({ domain, heldCount });
}

export interface OutageWorkParts extends DeliveryParts {
  readonly delivery: Delivery;
  readonly timers: Timers;
  /** Hears each reading. */
  readonly onOwnTrouble: (reading: OwnTrouble) => void;
}

/** Starts the timers. What is returned stops the checks that are under way. */
export function startOutageWork(parts: OutageWorkParts): { stop(): Promise<void> } {
  const { config, timers, log, metrics } = parts;
  const sql = parts.database.queueSql;
  const gauge = createDrainGauge({ sql, owner: parts.holder });
  timers.every(CARE_EVERY_MS, 'outages', async () => {
    for (const { domain, outageClass, durationMs, beganTrial } of await endEmptyOutages(sql)) {
      if (beganTrial) tellTrial(log, metrics, domain);
      metrics.outageEvent('CLOSED', outageClass);
      log.outageClosed({ domain, durationMs, heldCount: 0 });
    }
    for (const { outageClass, ...lasting } of await tellThresholds(sql)) {
      metrics.outageEvent('THRESHOLD', outageClass);
      log.outageThreshold({ class: outageClass, ...lasting });
    }
    for (const drained of await gauge.measure()) log.outageDrained(drained);
    await endTrials(sql, log, metrics);
  });
  if (config.deliveryHold) return { stop: () => Promise.resolve() };

  timers.every(OWN_TROUBLE_EVERY_MS, 'own trouble', async () => {
    const reading = await judgeOwnTrouble(sql);
    const { change, failingHosts, workingDomains } = reading;
    if (change === 'BEGAN') log.ownTroubleBegan({ failingHosts, workingDomains });
    if (change === 'ENDED') log.ownTroubleEnded({ failingHosts, workingDomains });
    parts.onOwnTrouble(reading);
  });
  const checks = buildChecks(parts);
  timers.every(CHECKS_EVERY_MS, 'checks', () => checks.look());
  return checks;
}

function buildChecks(parts: OutageWorkParts): RecoveryChecks {
  const { config, log } = parts;
  return createRecoveryChecks({
    sql: parts.database.queueSql,
    holder: parts.holder,
    findRoute: async (target) => routeOf(await parts.findHops(target), 'RELAY'),
    greet: (target, signal) => greet(config, target, signal),
    hosts: parts.hosts,
    poke: parts.delivery.poke,
    onFault: (where, error) => {
      log.fault({ where, error });
    },
  });
}

/** In clear: a greeting and an answer to EHLO are all that is asked for. */
async function greet(
  config: Config,
  target: { readonly host: string; readonly address: string; readonly port: number },
  signal: AbortSignal,
): Promise<boolean> {
  const { mxHostname: ehloName } = config;
  const opened = await openSession({ ...target, ehloName, timeouts: CHECK_TIMEOUTS, tls: 'NONE', signal });
  if (opened.kind !== 'OPEN') return false;
  await opened.session.close();
  return true;
}
