/** The times of nodes, shortened in proportion: wide enough apart for a busy machine. */
import type { NodeTimes } from '../../src/jobs/nodes.ts';

export const SHORT_TIMES: NodeTimes = {
  beatEveryMs: 100,
  beatTimeoutMs: 800,
  ownPatienceMs: 1500,
  othersPatienceMs: 2500,
  returnPatienceMs: 1500,
};
