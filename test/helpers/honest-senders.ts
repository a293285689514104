/**
 * Honest senders in a process of their own, so that an attacker's work in the test's process does not spoil their clock.
 *
 * Started by attack-scene.ts as `bun honest-senders.ts '<JSON of HonestPlan>'`; prints one line: the JSON of an HonestTally.
 */
import process from 'node:process';
import { connectPeer } from './smtp-peer.ts';

export interface HonestPlan {
  readonly port: number;
  /** A mailbox that accepts mail. */
  readonly recipient: string;
  /** The address to connect from. */
  readonly localAddress: string;
  /** Connections at once. Each carries one message and is then replaced. */
  readonly senders: number;
  readonly durationMs: number;
}

export interface HonestTally {
  readonly accepted: number;
  readonly perSecond: number;
  /** The longest time from connecting to the 250 after the final dot; what never came counts until it was given up. */
  readonly worstMs: number;
  /** Replies other than the wished ones, and errors, with their counts. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** A sender that has waited this long for one message gives up. */
const PATIENCE_MS = 60_000;
const CONTENT = `From: <sender@honest.example>\r\nSubject: honest\r\n\r\n${`${'0123456789abcdef'.repeat(4)}\r\n`.repeat(60)}.\r\n`;

/** One message on a connection of its own. Null when it was accepted, else what was said instead. */
async function sendOne({ port, recipient, localAddress }: HonestPlan): Promise<string | null> {
  const peer = await connectPeer({ host: '127.0.0.1', port, localAddress, timeoutMs: PATIENCE_MS });
  try {
    const greeting = await peer.reply();
    if (!greeting.startsWith('220')) return greeting;
    for (const [command, wanted] of [
      ['EHLO honest.example', '250'],
      ['MAIL FROM:<sender@honest.example>', '250'],
      [`RCPT TO:<${recipient}>`, '250'],
      ['DATA', '354'],
    ] as const) {
      const reply = await peer.ask(command);
      if (!reply.startsWith(wanted)) return reply;
    }
    await peer.write(CONTENT);
    const final = await peer.reply();
    return final.startsWith('250') ? null : final;
  } finally {
    peer.destroy();
  }
}

async function sendAll(plan: HonestPlan): Promise<HonestTally> {
  const refusals: Record<string, number> = {};
  const tally = { accepted: 0, worstMs: 0 };
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + plan.durationMs;
  const send = async (): Promise<void> => {
    while (performance.now() < endsAtMs) {
      const beganAtMs = performance.now();
      const refusal = await sendOne(plan).catch((error: unknown) => String(error));
      tally.worstMs = Math.max(tally.worstMs, performance.now() - beganAtMs);
      if (refusal === null) tally.accepted += 1;
      else refusals[refusal] = (refusals[refusal] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: plan.senders }, send));
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { ...tally, perSecond: tally.accepted / seconds, refusals };
}

if (import.meta.main) {
  console.log(JSON.stringify(await sendAll(JSON.parse(process.argv[2] ?? '') as HonestPlan)));
}
