/**
 * The attackers of `abuse`, in a process of their own, so that their work is not taken for the honest senders'.
 *
 * Reads its plan from the command line as JSON, says `ready` once all slow clients stand and names are being tried, stops
 * when its input ends, and then says what became of the names as JSON.
 */
import { once } from 'node:events';
import process from 'node:process';
import { createNamesTally, startSlowClients, tryNames } from '../test/helpers/abuse-load.ts';
import { clientAddress } from '../test/helpers/proxied-client.ts';
import type { AttackPlan, AttackResult } from './abuse.ts';

const plan = JSON.parse(process.argv[2] ?? '') as AttackPlan;
const addresses = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => clientAddress(first + index));

const slow = await startSlowClients({
  port: plan.port,
  addresses: addresses(plan.firstSlow, plan.slow),
  recipient: plan.slowRecipient,
  everyMs: plan.slowEveryMs,
});
const tally = createNamesTally();
let tried = 0;
let isOver = false;
const trying = tryNames({
  port: plan.port,
  addresses: addresses(plan.firstNetwork, plan.networks),
  sessions: plan.sessions,
  nextName: () => {
    tried += 1;
    return tried > plan.names ? null : `${plan.prefix}${tried}@${plan.domain}`;
  },
  isOver: () => isOver,
  tally,
});
process.stdout.write('ready\n');
process.stdin.resume();
await once(process.stdin, 'end');
isOver = true;
const slowLeft = slow.openCount();
const result: AttackResult = { ...tally, slowLeft };
process.stdout.write(`${JSON.stringify(result)}\n`);
slow.stop();
await trying;
process.exit(0);
