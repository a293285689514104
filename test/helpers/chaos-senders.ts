/**
 * Senders of numbered messages, to several domains and recipients, of 100 octets to 200 KB, at whichever node they come to.
 *
 * They behave as senders do: what is put off, or never answered, they send again, under the same number. They remember what
 * they were told.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createRandom, type Random } from './chaos-random.ts';
import { connectPeer, type SmtpPeer } from './smtp-peer.ts';

export interface Sent {
  readonly number: number;
  readonly digest: string;
  /** Transactions answered 250, with the recipients that were taken. */
  readonly accepted: Map<string, readonly string[]>;
  /** Final dots that were not answered 250. */
  readonly others: OtherDot[];
}

export interface OtherDot {
  /** The node's name. */
  readonly node: string;
  /** Null: none came. */
  readonly reply: string | null;
  /** When the content began to be sent, and when its sender gave up or was put off. Milliseconds of this machine's clock. */
  readonly from: number;
  readonly to: number;
}

/** A node that takes mail. */
export interface ChaosDoor {
  readonly name: string;
  readonly port: number;
}

export interface ChaosSenders {
  readonly sent: ReadonlyMap<number, Sent>;
  /** Messages answered 250. */
  acceptedCount(): number;
  /** Replies that were neither wished nor a 421, 450, 451 or 452. */
  readonly surprises: ReadonlySet<string>;
  /** What is under way comes to its end. */
  stop(): Promise<void>;
}

export interface ChaosSendersOptions {
  readonly seed: number;
  readonly doors: readonly ChaosDoor[];
  readonly connections: number;
  readonly pauseMs: number;
  /** Recipients of a message. */
  readonly recipientsOf: (number: number, random: Random) => readonly string[];
}

export const CHAOS_SENDER = 'sender.example';

const REPLY_TIMEOUT_MS = 10_000;
const AGAIN_AFTER_MS = 100;
const SIZES = [100, 200_000] as const;
const PUT_OFF = /^4(21|5[012]) /;

interface Session {
  readonly peer: SmtpPeer;
  readonly node: string;
}

interface Message {
  readonly sent: Sent;
  readonly recipients: readonly string[];
  readonly content: string;
}

export function startChaosSenders(options: ChaosSendersOptions): ChaosSenders {
  const { seed, doors, connections, pauseMs } = options;
  const sent = new Map<number, Sent>();
  const surprises = new Set<string>();
  const state = { isStopping: false, acceptedCount: 0 };

  const makeMessage = (): Message => {
    const number = sent.size + 1;
    const random = createRandom(seed, `message ${number}`);
    const sizeBytes = Math.exp(random.between(Math.log(SIZES[0]), Math.log(SIZES[1])));
    const content = contentOf(number, sizeBytes, random);
    const digest = createHash('sha256').update(Buffer.from(content, 'latin1')).digest('hex');
    const one: Sent = { number, digest, accepted: new Map<string, readonly string[]>(), others: [] };
    sent.set(number, one);
    return { sent: one, recipients: options.recipientsOf(number, random), content };
  };

  /** Throws when it is to be sent again. */
  const transact = async ({ peer, node }: Session, { sent: one, recipients, content }: Message): Promise<void> => {
    const ask = async (command: string, wished: string): Promise<boolean> => {
      const reply = await peer.ask(command);
      if (reply.startsWith(wished)) return true;
      if (!PUT_OFF.test(reply)) surprises.add(`${command.slice(0, 4)}: ${reply}`);
      return false;
    };
    if (!(await ask(`MAIL FROM:<s${one.number}@${CHAOS_SENDER}>`, '250'))) throw new Error('put off');
    const taken: string[] = [];
    for (const recipient of recipients) if (await ask(`RCPT TO:<${recipient}>`, '250')) taken.push(recipient);
    if (taken.length === 0 || !(await ask('DATA', '354'))) throw new Error('put off');
    const from = Date.now();
    await peer.write(`${content}.\r\n`);
    const reply = await peer.reply().catch(() => null);
    const id = /^250 2\.0\.0 accepted as ([0-9a-f-]{36})$/.exec(reply ?? '')?.[1];
    if (id !== undefined) {
      one.accepted.set(id, taken);
      state.acceptedCount += 1;
      return;
    }
    one.others.push({ node, reply, from, to: Date.now() });
    if (reply !== null && !PUT_OFF.test(reply)) surprises.add(`dot: ${reply}`);
    throw new Error('put off');
  };

  const openSession = async (random: Random): Promise<Session> => {
    const { name: node, port } = random.pick(doors);
    const peer = await connectPeer({ host: '127.0.0.1', port, timeoutMs: REPLY_TIMEOUT_MS });
    try {
      if (!(await peer.reply()).startsWith('220')) throw new Error('not greeted');
      if (!(await peer.ask(`EHLO mx.${CHAOS_SENDER}`)).startsWith('250')) throw new Error('not greeted');
      return { peer, node };
    } catch (error) {
      peer.destroy();
      throw error;
    }
  };

  const sender = async (index: number): Promise<void> => {
    const random = createRandom(seed, `sender ${index}`);
    let session: Session | null = null;
    let message: Message | null = null;
    const leave = (): void => {
      session?.peer.destroy();
      session = null;
    };
    while (!state.isStopping) {
      message ??= makeMessage();
      try {
        session ??= await openSession(random);
        await transact(session, message);
        message = null;
      } catch {
        leave();
        await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
      }
      // Another node sooner or later.
      if (random.isTrue(0.1)) leave();
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 2 * pauseMs)));
    }
    leave();
  };

  const senders = Promise.all(Array.from({ length: connections }, (_, index) => sender(index)));
  return {
    sent,
    acceptedCount: () => state.acceptedCount,
    surprises,
    stop: async () => {
      state.isStopping = true;
      await senders;
    },
  };
}

function contentOf(number: number, sizeBytes: number, random: Random): string {
  const head = `X-Chaos: ${number}\r\nFrom: <s${number}@${CHAOS_SENDER}>\r\nSubject: number ${number}\r\n\r\n`;
  const line = `${Array.from({ length: 9 }, () => random.whole(1e7, 9e7).toString(36)).join(' ')}\r\n`;
  return head + line.repeat(Math.max(1, Math.ceil((sizeBytes - head.length) / line.length)));
}
