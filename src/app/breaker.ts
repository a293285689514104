/**
 * Breakers in log and metrics, and the time that ends a trial.
 */
import type { DestinationState } from '../outage/clock.ts';
import type { BreakerStep } from '../outage/breaker-feed.ts';
import { closeTrials } from '../outage/breaker-release.ts';
import type { Sql } from '../db/client.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What deliveries and callouts tell of a breaker, as it happens. */
export function tellBreaker(
  log: Log,
  metrics: Metrics,
  { name: domain }: Pick<DestinationState, 'name'>,
  step: BreakerStep,
): void {
  const { to, openedOutageId, formerClass } = step;
  const reply = step.reply ?? '';
  const outage = { domain, class: 'MISCONFIGURED', reply } as const;
  metrics.breakerMoved(to);
  switch (to) {
    case 'OPEN':
      log.breakerOpened({ domain, reply });
      if (openedOutageId !== null) {
        metrics.outageEvent('OPENED', outage.class);
        log.outageOpened(outage);
      } else if (formerClass !== null) {
        metrics.outageEvent('RECLASSIFIED', outage.class);
        log.outageReclassified({ ...outage, formerClass });
      }
      break;
    case 'TRIAL':
      log.breakerTrial({ domain });
      break;
    case 'CLOSED':
      log.breakerClosed({ domain });
      break;
    default:
      to satisfies never;
  }
}

/** Trials whose time is over end here where no mail ends them. */
export async function endTrials(sql: Sql, log: Log, metrics: Metrics): Promise<void> {
  for (const domain of await closeTrials(sql)) {
    metrics.breakerMoved('CLOSED');
    log.breakerClosed({ domain });
  }
}
