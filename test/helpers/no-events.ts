/** Delivery that nobody listens to: what goes wrong is seen in the test's output. */
import type { DeliveryEvents } from '../../src/delivery/worker.ts';

export const NO_EVENTS: DeliveryEvents = {
  settled: () => undefined,
  outageOpened: () => undefined,
  outageReclassified: () => undefined,
  breakerMoved: () => undefined,
  outageClosed: () => undefined,
  fault: (where, error) => console.error(where, error),
};
