/**
 * The work on outages that no attempt does: checks, ages, drains, our own trouble.
 */
import type { Config } from '../config/config.ts';
import { createRecoveryChecks, type RecoveryChecks } from '../delivery/recovery-checks.ts';
import { routeOf } from '../delivery/route.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { DeliveryParts } from './delivery.ts';
import type { Timers } from './timers.ts';
import { openSession } from '../smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../smtp/session.ts';
import { endEmptyOutages, tellThresholds } from '../outage/care.ts';
import { closeTrials } from '../outage/breaker-release.ts';
import { createDrainGauge } from '../outage/drain.ts';
import { judgeOwnTrouble, type OwnTrouble } from '../outage/own-trouble.ts';

const CHECKS_EVERY_MS = 1000;
const CARE_EVERY_MS = 3000;
const OWN_TROUBLE_EVERY_MS = 5000;
/** A check that takes longer has failed; RFC 5321's minutes are for mail. */
const CHECK_TIMEOUTS = { ...DEFAULT_SMTP_TIMEOUTS, connectMs: 10_000, greetingMs: 30_000, commandMs: 30_000 };

export interface OutageWorkParts extends DeliveryParts {
  readonly delivery: Delivery;
  readonly timers: Timers;
  /** Hears each reading. */
  readonly onOwnTrouble: (reading: OwnTrouble) => void;
}

/** Starts the timers. What is returned stops the checks that are under way. */
export function startOutageWork(parts: OutageWorkParts): { stop(): Promise<void> } {
  const { config, timers, events } = parts;
  const sql = parts.database.queueSql;
  const gauge = createDrainGauge({ sql, owner: parts.holder });
  timers.every(CARE_EVERY_MS, 'outages', async () => {
    for (const { domain, ...end } of await endEmptyOutages(sql)) events.outageClosed(domain, end);
    for (const lasting of await tellThresholds(sql)) events.outageThreshold(lasting);
    for (const drained of await gauge.measure()) events.outageDrained(drained);
    for (const domain of await closeTrials(sql)) events.breakerMoved(domain, { to: 'CLOSED' });
  });
  if (config.deliveryHold) return { stop: () => Promise.resolve() };

  timers.every(OWN_TROUBLE_EVERY_MS, 'own trouble', async () => {
    const reading = await judgeOwnTrouble(sql);
    const { change, failingHosts, workingDomains } = reading;
    if (change === 'BEGAN') events.ownTroubleBegan({ failingHosts, workingDomains });
    if (change === 'ENDED') events.ownTroubleEnded({ failingHosts, workingDomains });
    parts.onOwnTrouble(reading);
  });
  const checks = buildChecks(parts);
  timers.every(CHECKS_EVERY_MS, 'checks', () => checks.poll());
  return checks;
}

function buildChecks(parts: OutageWorkParts): RecoveryChecks {
  const { config, events } = parts;
  return createRecoveryChecks({
    sql: parts.database.queueSql,
    holder: parts.holder,
    findRoute: async (target) => routeOf(await parts.findHops(target), 'RELAY'),
    greet: (target, signal) => greet(config, target, signal),
    hosts: parts.hosts,
    poke: parts.delivery.poke,
    onFault: (where, error) => {
      events.fault({ where, error });
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
