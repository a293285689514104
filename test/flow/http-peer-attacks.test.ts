/** Honest mail while a stranger's mail goes to domains whose MTA-STS policy hosts answer for ever with interim replies. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import { ENDLESS, type EndlessPeer, startEndlessPeer } from '../helpers/endless-peer.ts';
import { type Flow, PLAIN_CONTENT, startFlow } from '../helpers/flow.ts';
import { type Service, startService } from '../helpers/service.ts';
import { chainOf, makeAuthority, makeLeaf } from '../helpers/pki.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** Of each round: what was asked of a policy is remembered for a minute. */
const DOMAINS = 8;
const ROUNDS = 2;
/** MTA-STS asks at 443. */
const POLICY = { host: '127.0.0.43', port: 443 };
const root = makeAuthority();
/** As many as measureBeside may make. */
const TRIES = 3;
const names = Array.from({ length: DOMAINS * ROUNDS * TRIES }, (_, index) => `d${index}.hostile.example`);

let flow: Flow<Service>;
let folder: string;
let peer: EndlessPeer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backup-mx-authority-'));
  const file = join(folder, 'root.pem');
  await writeFile(file, root.cert);
  const certificate = chainOf(
    makeLeaf(
      names.map((name) => `mta-sts.${name}`),
      root,
    ),
    root,
  );
  const hints = ENDLESS['early hints'];
  if (hints === undefined) throw new Error('no such answer');
  peer = await startEndlessPeer(certificate, hints, POLICY);
  flow = await startFlow(
    {},
    { NODE_EXTRA_CA_CERTS: file, IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`, LOG_LEVEL: 'warn' },
    startService,
  );
  const primary = await flow.primary('127.0.0.44');
  flow.dns.set('mx.hostile.example', { A: [primary.host] });
  const honest = await flow.primary('127.0.0.45');
  flow.dns.set('honest.example', {
    MX: [
      [0, 'mx.honest.example'],
      [10, 'backup.test.example'],
    ],
  });
  flow.dns.set('mx.honest.example', { A: [honest.host] });
  await flow.addDomain('honest.example', undefined, { hasCallAheads: false });
  for (const name of names) {
    flow.dns.set(name, {
      MX: [
        [0, 'mx.hostile.example'],
        [10, 'backup.test.example'],
      ],
    });
    flow.dns.set(`mta-sts.${name}`, { A: [POLICY.host] });
    flow.dns.set(`_mta-sts.${name}`, { TXT: ['v=STSv1; id=1;'] });
    await flow.addDomain(name, undefined, { hasCallAheads: false });
  }
}, 60_000);
afterAll(async () => {
  await flow?.close();
  await peer?.close();
  await rm(folder, { recursive: true });
});

test('policy hosts that send early hints without end', async () => {
  const left = [...names];
  const beside = await measureBeside({
    service: flow.service,
    recipient: 'user@honest.example',
    rounds: ROUNDS,
    tries: TRIES,
    hasBegun: async () => {
      const asked = names.length - left.length;
      await until('a policy is asked for', 30_000, () => peer.connectionCount() >= asked);
    },
    attack: async (signal) => {
      const targets = left.splice(0, DOMAINS);
      await Promise.all(targets.map((name) => flow.send({ to: [`user@${name}`], content: PLAIN_CONTENT })));
      while (!signal.aborted) await sleep(50);
    },
  });
  expectHarmless('early hints without end', beside, IN_FLIGHT_BYTES);
  expect(peer.connectionCount()).toBeGreaterThanOrEqual(DOMAINS * ROUNDS);
}, 120_000);
