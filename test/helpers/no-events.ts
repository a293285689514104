/** Events of the mail where a test does not look at them: faults are seen in the test's output. */
import { createMailEvents, type MailEvents } from '../../src/telemetry/events.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export const NO_EVENTS: MailEvents = createMailEvents({
  log: createLog({ level: 'error', format: 'pretty', write: console.error, now: () => new Date() }),
  metrics: createMetrics({ version: '0', runtime: 'test', withProcessMetrics: false }),
  trace: null,
});

/** A fault ends the test. */
export const THROWING_EVENTS: MailEvents = {
  ...NO_EVENTS,
  fault: ({ error }) => {
    throw error;
  },
};
