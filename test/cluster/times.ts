/** The times of nodes, shortened in proportion: wide enough apart for a busy machine. */
import type { NodeTimes } from '../../src/cluster/nodes.ts';

export const SHORT_TIMES: NodeTimes = {
  beatEveryMs: 100,
  beatTimeoutMs: 1600,
  ownPatienceMs: 3000,
  othersPatienceMs: 5000,
  returnPatienceMs: 3000,
};
