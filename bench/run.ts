/**
 * `npm run bench -- NAME`: runs one benchmark and prints its figures beside their targets.
 *
 * Ends with 0 also when a target is missed (that is a result), with 1 when the harness itself fails, with 2 on a bad name.
 */
import { cpus, totalmem } from 'node:os';
import process from 'node:process';
import { findPostfixVersion } from '../test/helpers/postfix.ts';
import { chosenRuntime } from '../test/helpers/service.ts';
import { runAbuse } from './abuse.ts';
import { runApiLoad } from './api-load.ts';
import { ACCEPT, ACCEPT_KEPT, ACCEPT_LARGE, ACCEPT_TLS, runAccept } from './accept.ts';
import { runDisk } from './disk.ts';
import { runChaosBenchmark } from './chaos.ts';
import { runCosts } from './costs.ts';
import { runDnsbl } from './dnsbl.ts';
import { runDomainsApply } from './domains-apply.ts';
import { runDoctor } from './doctor.ts';
import { runDrain } from './drain.ts';
import { runAcceptWhileDraining } from './drain-accept.ts';
import { runDrainSnapshot } from './drain-snapshot.ts';
import { runFrontDoor } from './front-door.ts';
import { runHeld } from './held.ts';
import { runMemory } from './memory.ts';
import { runDeadDomain, runFlushHeld, runMemoryHeld } from './million-held.ts';
import { runMessagesPage } from './messages-page.ts';
import { runMetrics } from './metrics.ts';
import { runNodes } from './nodes.ts';
import { runPages } from './pages.ts';
import { runRcpt } from './rcpt.ts';
import { formatReport, type Report } from './report.ts';
import { runStart } from './start.ts';
import { runSubscribers } from './subscribers.ts';
import { runTerraform } from './terraform.ts';
import { runTraces } from './traces.ts';
import { runUserList } from './user-list.ts';
import { runWebhooks } from './webhooks.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<Report | readonly Report[]>>> = {
  accept: () => runAccept(ACCEPT),
  'accept-kept': () => runAccept(ACCEPT_KEPT),
  'accept-large': () => runAccept(ACCEPT_LARGE),
  'accept-tls': () => runAccept(ACCEPT_TLS),
  rcpt: runRcpt,
  'front-door': runFrontDoor,
  abuse: runAbuse,
  chaos: runChaosBenchmark,
  costs: runCosts,
  disk: runDisk,
  dnsbl: runDnsbl,
  doctor: runDoctor,
  drain: runDrain,
  'accept-while-draining': runAcceptWhileDraining,
  'drain-snapshot': runDrainSnapshot,
  'flush-held': runFlushHeld,
  'dead-domain': runDeadDomain,
  'memory-held': runMemoryHeld,
  'messages-page': runMessagesPage,
  metrics: runMetrics,
  pages: runPages,
  'api-load': runApiLoad,
  'domains-apply': runDomainsApply,
  held: runHeld,
  memory: runMemory,
  nodes: runNodes,
  start: runStart,
  subscribers: runSubscribers,
  terraform: runTerraform,
  traces: runTraces,
  'user-list': runUserList,
  webhooks: runWebhooks,
};

const name = process.argv[2] ?? '';
const benchmark = BENCHMARKS[name];
if (benchmark === undefined) {
  console.error(`usage: npm run bench -- NAME, with NAME one of ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}

const [cpu] = cpus();
const memoryGib = (totalmem() / 1024 ** 3).toFixed(0);
const peer = (await findPostfixVersion()) ?? 'none';
console.log(
  `${name}: ${chosenRuntime()}; ${cpus().length} × ${cpu?.model ?? 'CPU'}, ${memoryGib} GiB; Postfix ${peer}`,
);
try {
  for (const report of [await benchmark()].flat()) console.log(`\n${formatReport(report).join('\n')}`);
} catch (error) {
  console.error('the benchmark failed:', error);
  process.exitCode = 1;
}
