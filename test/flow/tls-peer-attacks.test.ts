/** Honest mail while the primaries of hostile domains do in TLS what costs their client most. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, PLAIN_CONTENT, startFlow } from '../helpers/flow.ts';
import { type HostilePlan, type HostilePrimary, startHostilePrimary } from '../helpers/hostile-primary.ts';
import { longChain, makeLeaf } from '../helpers/pki.ts';
import { type Service, startService } from '../helpers/service.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** New ones in each round, each in a network of its own. */
const DOMAINS = 3;
const EVERY_MS = 200;
const short = makeLeaf(['hostile.example']);

/** Each takes its mail, a message a session, so that the client comes again. */
const PLANS: readonly (readonly [string, HostilePlan])[] = [
  ['chains of 100 certificates', { ...longChain('hostile.example', 99), isShort: true }],
  [
    'session tickets before each reply',
    {
      ...short,
      isShort: true,
      beforeReply: (tls) => void tls.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => tls.ticket(40)))),
    },
  ],
  [
    'new keys before each reply',
    { ...short, isShort: true, beforeReply: (tls) => void tls.socket.write(tls.keyUpdates(3000)) },
  ],
];

let flow: Flow<Service>;
beforeAll(async () => {
  flow = await startFlow({}, { IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`, LOG_LEVEL: 'warn' }, startService);
  await flow.addDomain('honest.example', await flow.primary('127.0.0.45'));
}, 60_000);
afterAll(async () => {
  await flow?.close();
});

test.each(PLANS.map(([name, plan], number) => ({ name, plan, number })))(
  '$name',
  async ({ name, plan, number }) => {
    const domains: string[] = [];
    const taken: string[] = [];
    let primaries: HostilePrimary[] = [];
    const add = async (): Promise<void> => {
      const count = domains.length;
      const primary = await startHostilePrimary(plan, `127.${10 + number}.${count}.1`);
      primaries.push(primary);
      domains.push(`d${count}.hostile${number}.example`);
      await flow.addDomain(domains[count] ?? '', primary);
    };
    const beside = await measureBeside({
      service: flow.service,
      recipient: 'user@honest.example',
      rounds: 2,
      hasBegun: () => until('a handshake', PATIENCE_MS, () => primaries.some((one) => one.handshakeCount() > 0)),
      attack: async (signal) => {
        for (let added = 0; added < DOMAINS; added += 1) await add();
        for (let sent = 0; !signal.aborted; sent += 1) {
          const to = domains.slice(-DOMAINS).map((domain) => `user${sent}@${domain}`);
          await Promise.all(to.map((address) => flow.send({ to: [address], content: PLAIN_CONTENT })));
          await sleep(EVERY_MS);
        }
        taken.push(...primaries.flatMap((one) => one.taken));
        // What waits for them must not go on being an attack.
        await Promise.all(primaries.map((primary) => primary.close()));
        primaries = [];
      },
    });
    expectHarmless(name, beside, IN_FLIGHT_BYTES);
    // No message twice.
    expect(new Set(taken).size).toBe(taken.length);
    const states = await flow.messages(domains[0] ?? '');
    const ended = states.flatMap(({ recipients }) => recipients.map(({ state }) => state));
    expect(ended.filter((state) => state !== 'HELD' && state !== 'DELIVERED')).toEqual([]);
  },
  120_000,
);
