/**
 * `abuse`: what honest senders keep of their rate while 1,000 slow clients drip and a dictionary of 50,000 names is tried.
 *
 * Nobody is trusted; all come through a trusted proxy, each from a network of its own. Honest senders, 20 at once from a pool
 * of addresses, send as fast as they are served, alone and under attack in alternating pairs. The dictionary is tried as fast
 * as it is answered: by nobody first, then from a handful of networks, then from 500. The primary knows the honest mailboxes only, and counts what
 * it is asked. Attackers run in a process of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NamesTally, sendMail } from '../test/helpers/abuse-load.ts';
import { bindToUs, endChild } from '../test/helpers/child.ts';
import { clientAddress } from '../test/helpers/proxied-client.ts';
import { fillAnswers, mailbox, openScene, type Scene } from './front-door-scene.ts';
import { makeContent } from './load.ts';
import { readRssBytes } from './processes.ts';
import { median, type Report, spread } from './report.ts';

export interface AttackPlan {
  readonly port: number;
  readonly slow: number;
  readonly slowEveryMs: number;
  readonly slowRecipient: string;
  readonly names: number;
  readonly networks: number;
  readonly sessions: number;
  readonly domain: string;
  /** Makes the names of one attack other ones than those of the last. */
  readonly prefix: string;
  /** Client addresses by number; proxied-client.ts. */
  readonly firstSlow: number;
  readonly firstNetwork: number;
}

export interface AttackResult extends NamesTally {
  /** Slow clients that still stood at the end. */
  readonly slowLeft: number;
}

const DOMAIN = 'attacked.example';
const MAILBOXES = 200;
const HONEST_ADDRESSES = 1000;
const SENDERS = 20;
const MESSAGES = 10_000;
const SIZE_BYTES = 4096;
const PAIRS = 5;

const ATTACK = { slow: 1000, slowEveryMs: 2000, names: 50_000, domain: DOMAIN, slowRecipient: mailbox(DOMAIN, 0) };
const VARIANTS = [
  // The slow clients alone.
  { networks: 0, sessions: 0 },
  { networks: 5, sessions: 200 },
  { networks: 500, sessions: 200 },
] as const;

const MEBIBYTE = 1024 * 1024;
const BUDGET_MEBIBYTES = 256;
const ALLOWANCE_MEBIBYTES = 300;
/** Of verification/budget.ts: what a primary may be asked at once, and a second. */
const PROBES_AT_ONCE = 60;
const PROBES_PER_SECOND = 1;

interface Measured {
  readonly networks: number;
  readonly alone: number[];
  readonly attacked: number[];
  readonly results: AttackResult[];
}

/** Five pairs for each variant. */
export async function runAbuse(): Promise<Report> {
  const scene = await openScene({
    mxDomains: [DOMAIN],
    primary: {
      modes: { rcptVerdict: (address) => (/^user\d+@/.test(address) ? null : '550 5.1.1 No such user here') },
    },
    env: { TRUSTED_CLIENTS: 'none', IN_FLIGHT_BYTES: `${BUDGET_MEBIBYTES * MEBIBYTE}` },
  });
  let peakMebibytes = 0;
  const timer = setInterval(() => {
    peakMebibytes = Math.max(peakMebibytes, readRssBytes(scene.service.pid) / MEBIBYTE);
  }, 50);
  try {
    await scene.addDomain(DOMAIN, {});
    await fillAnswers(scene.sql, DOMAIN, MAILBOXES);
    const startedAtMs = performance.now();
    const honest = await makeHonest(scene);
    await honest(MESSAGES / 3);
    const measured: Measured[] = [];
    for (const variant of VARIANTS) measured.push(await measureVariant(scene, honest, variant));
    const seconds = (performance.now() - startedAtMs) / 1000;
    return report({ measured, peakMebibytes, seconds, probes: scene.primary.rcpts.length });
  } finally {
    clearInterval(timer);
    await scene.remove();
  }
}

/** Sends so many messages; resolves with messages a second. Throws when one is not taken. */
type Honest = (messages: number) => Promise<number>;

async function makeHonest({ folder, service }: Scene): Promise<Honest> {
  const { bytes } = await makeContent(`${folder}/content`, SIZE_BYTES);
  const content = Buffer.concat([bytes, Buffer.from('\r\n')]);
  const addresses = Array.from({ length: HONEST_ADDRESSES }, (_, index) => clientAddress(index));
  const recipients = Array.from({ length: MAILBOXES }, (_, index) => mailbox(DOMAIN, index));
  return async (messages) => {
    const plan = { port: service.smtpPort, addresses, recipients, messages, senders: SENDERS, content };
    const { seconds, refusals } = await sendMail(plan);
    if (refusals.size > 0) throw new Error(`honest mail was not taken: ${JSON.stringify([...refusals])}`);
    return messages / seconds;
  };
}

async function measureVariant(scene: Scene, honest: Honest, variant: (typeof VARIANTS)[number]): Promise<Measured> {
  const { networks } = variant;
  const measured: Measured = { networks, alone: [], attacked: [], results: [] };
  const attacked = async (pair: number): Promise<void> => {
    const attack = await startAttack({
      ...ATTACK,
      ...variant,
      port: scene.service.smtpPort,
      prefix: `name-${networks}-${pair}-`,
      firstSlow: 1_000_000,
      // Those of the last attack may be barred still.
      firstNetwork: 2_000_000 + networks * 1000 + pair * networks,
    });
    measured.attacked.push(await honest(MESSAGES));
    measured.results.push(await attack.stop());
    // What either side still does in the background must not fall into the other's time.
    await sleep(1000);
  };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    if (pair % 2 === 1) await attacked(pair);
    measured.alone.push(await honest(MESSAGES));
    if (pair % 2 === 0) await attacked(pair);
    console.log(
      `${networks} networks, pair ${pair + 1}: alone ${measured.alone.at(-1)?.toFixed(0)}/s, attacked ${measured.attacked.at(-1)?.toFixed(0)}/s, ${JSON.stringify(measured.results.at(-1))}`,
    );
  }
  return measured;
}

async function startAttack(plan: AttackPlan): Promise<{ readonly stop: () => Promise<AttackResult> }> {
  const script = join(import.meta.dirname, 'abuse-attackers.ts');
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify(plan)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  bindToUs(child);
  if (child.stdout === null) throw new Error('the attackers have no output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the attackers ended early');
    return line.value;
  };
  await next();
  return {
    stop: async () => {
      child.stdin?.end();
      const result = JSON.parse(await next()) as AttackResult;
      await endChild(child, 'SIGTERM', 10_000);
      return result;
    },
  };
}

function nameOf({ networks }: Pick<Measured, 'networks'>): string {
  return networks === 0 ? 'nobody' : `${networks} networks`;
}

function report(run: {
  readonly measured: readonly Measured[];
  readonly peakMebibytes: number;
  readonly seconds: number;
  readonly probes: number;
}): Report {
  const { measured, peakMebibytes, seconds, probes } = run;
  const ratiosOf = ({ alone, attacked }: Measured): number[] =>
    attacked.map((rate, index) => rate / (alone[index] ?? Number.NaN));
  const sum = ({ results }: Measured, key: keyof AttackResult): string =>
    `${results.reduce((total, result) => total + result[key], 0)}`;
  const counted = ['accepted', 'unknown', 'slowed', 'putOff', 'turnedAway', 'notGreeted'] as const;
  return {
    head: [
      'dictionary from',
      'alone, msg/s',
      'attacked, msg/s',
      'ratio',
      'names: 250',
      '5yz',
      'of them slow',
      '450',
      '421',
      'not greeted',
    ],
    rows: measured.map((one) => [
      nameOf(one),
      spread(one.alone),
      spread(one.attacked),
      spread(ratiosOf(one), 2),
      ...counted.map((key) => sum(one, key)),
    ]),
    verdicts: [
      ...measured.map((one) => ({
        name: `honest rate kept, dictionary from ${nameOf(one)}`,
        value: median(ratiosOf(one)),
        comparison: '≥' as const,
        target: 0.8,
        unit: ' ×',
      })),
      {
        name: 'peak RSS',
        value: peakMebibytes,
        comparison: '≤',
        target: BUDGET_MEBIBYTES + ALLOWANCE_MEBIBYTES,
        unit: ' MiB',
      },
      {
        name: 'RCPT at the primary',
        value: probes,
        comparison: '≤',
        target: Math.floor(PROBES_AT_ONCE + seconds * PROBES_PER_SECOND),
        unit: '',
      },
    ],
    notes: [
      `${ATTACK.slow} slow clients, an octet every ${ATTACK.slowEveryMs / 1000} s each, half of them within a message; ${Math.min(...measured.flatMap(({ results }) => results.map(({ slowLeft }) => slowLeft)))} or more stood to the end`,
      `${ATTACK.names} names for each attack, tried by ${Math.max(...VARIANTS.map(({ sessions }) => sessions))} sessions at once for as long as the honest send; MAX_CONNECTIONS is 2000`,
      `${MESSAGES} honest messages of ${SIZE_BYTES} bytes from ${HONEST_ADDRESSES} addresses, ${SENDERS} at once; none was refused`,
      `budget of the primary: ${PROBES_AT_ONCE} at once and ${PROBES_PER_SECOND} a second, over ${seconds.toFixed(0)} s; memory: IN_FLIGHT_BYTES ${BUDGET_MEBIBYTES} MiB + ${ALLOWANCE_MEBIBYTES} MiB`,
    ],
  };
}
