/**
 * Three kinds of clients at once: those that drip, those that try names out, and those that bring mail.
 *
 * All of them behind a proxy (proxied-client.ts). Each kind counts what it is answered; none of them throws for an answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, connectProxied, type ProxiedClient } from './proxied-client.ts';

/** How long a client that was turned away waits before it comes back. */
const PAUSE_MS = 1000;

export interface SlowClients {
  /** Those whose connection still stands. */
  openCount(): number;
  stop(): void;
}

/**
 * Every other one drips into a command line, the rest into the content of a message. Each sends an octet every `everyMs`;
 * they take turns, so that the octets come evenly. Resolves when all are connected.
 */
export async function startSlowClients(options: {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly recipient: string;
  readonly everyMs: number;
}): Promise<SlowClients> {
  const { port, addresses, recipient, everyMs } = options;
  const clients: ProxiedClient[] = [];
  for (let start = 0; start < addresses.length; start += 50) {
    const batch = addresses.slice(start, start + 50);
    clients.push(...(await Promise.all(batch.map((address) => connectProxied(port, address)))));
  }
  const inContent = clients.filter((_, index) => index % 2 === 1);
  for (let start = 0; start < inContent.length; start += 50) {
    await Promise.all(
      inContent
        .slice(start, start + 50)
        .map((client) =>
          client.askAll(['EHLO slow.example', 'MAIL FROM:<slow@slow.example>', `RCPT TO:<${recipient}>`, 'DATA']),
        ),
    );
  }
  let turn = 0;
  const ticksPerRound = Math.max(1, Math.round(everyMs / 20));
  const timer = setInterval(() => {
    for (let at = turn; at < clients.length; at += ticksPerRound) clients[at]?.write('x');
    turn = (turn + 1) % ticksPerRound;
  }, 20);
  return {
    openCount: () => clients.filter((client) => client.isOpen()).length,
    stop: () => {
      clearInterval(timer);
      for (const client of clients) client.close();
    },
  };
}

/** What became of the names that were tried. */
export interface NamesTally {
  /** 2yz. */
  accepted: number;
  /** 5yz. */
  unknown: number;
  /** 450. */
  putOff: number;
  /** 421 or the end of the connection; the name was not answered. */
  turnedAway: number;
  /** Connections that were not greeted. */
  notGreeted: number;
  /** Names answered after half a second or more. */
  slowed: number;
}

export function createNamesTally(): NamesTally {
  return { accepted: 0, unknown: 0, putOff: 0, turnedAway: 0, notGreeted: 0, slowed: 0 };
}

export interface Dictionary {
  readonly port: number;
  /** Those who try, in turns. */
  readonly addresses: readonly string[];
  /** Sessions at once, all addresses together. */
  readonly sessions: number;
  /** The next mailbox; null when there is none left. */
  readonly nextName: () => string | null;
  readonly isOver: () => boolean;
  readonly tally: NamesTally;
}

/** RCPT commands in one transaction, after which a session begins anew with the next address. */
const NAMES_PER_SESSION = 100;

/** Tries names as fast as they are answered, until there are none left or it is over. */
export async function tryNames(dictionary: Dictionary): Promise<void> {
  const { addresses, sessions } = dictionary;
  let turn = 0;
  const work = async (): Promise<void> => {
    while (!dictionary.isOver()) {
      const address = addresses[turn % addresses.length] ?? '';
      turn += 1;
      const wasTurnedAway = await trySession(dictionary, address);
      if (wasTurnedAway === 'NO_NAMES') return;
      if (wasTurnedAway) await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: sessions }, work));
}

async function trySession(dictionary: Dictionary, address: string): Promise<boolean | 'NO_NAMES'> {
  const { port, nextName, isOver, tally } = dictionary;
  const client = await connectProxied(port, address);
  try {
    if (client.greeting.code !== 220) {
      tally.notGreeted += 1;
      return true;
    }
    const begun = await client.askAll(['EHLO harvest.example', 'MAIL FROM:<guess@harvest.example>']);
    if (begun.some(({ code }) => code !== 250)) {
      tally.turnedAway += 1;
      return true;
    }
    for (let tried = 0; tried < NAMES_PER_SESSION && !isOver(); tried += 1) {
      const name = nextName();
      if (name === null) return 'NO_NAMES';
      if (countAnswer(tally, await client.ask(`RCPT TO:<${name}>`))) return true;
    }
    return false;
  } finally {
    client.close();
  }
}

/** True when the session is at its end. */
function countAnswer(tally: NamesTally, { code, afterMs }: Answer): boolean {
  if (afterMs >= 500) tally.slowed += 1;
  if (code === 250) tally.accepted += 1;
  else if (code >= 500) tally.unknown += 1;
  else if (code === 0 || code === 421) tally.turnedAway += 1;
  else tally.putOff += 1;
  return code === 0 || code === 421;
}

export interface MailPlan {
  readonly port: number;
  /** The clients' addresses, taken in turns: a connection for each message. */
  readonly addresses: readonly string[];
  readonly recipients: readonly string[];
  readonly messages: number;
  /** Senders at once. */
  readonly senders: number;
  /** Dots stuffed, with CRLF at the end. */
  readonly content: Uint8Array;
}

export interface MailTally {
  readonly seconds: number;
  /** What was answered to messages that were not taken, with its count. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** Sends all messages, each on a connection of its own, commands in one piece (RFC 2920); none is tried twice. */
export async function sendMail(plan: MailPlan): Promise<MailTally> {
  const { addresses, recipients, messages, senders } = plan;
  const refusals = new Map<string, number>();
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < messages) {
      const number = sent;
      sent += 1;
      const address = addresses[number % addresses.length] ?? '';
      const recipient = recipients[number % recipients.length] ?? '';
      const refusal = await sendOne(plan, address, recipient);
      if (refusal !== null) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    }
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: senders }, send));
  return { seconds: (performance.now() - startedAtMs) / 1000, refusals };
}

/** Null when the message was taken, else what was answered. */
async function sendOne({ port, content }: MailPlan, address: string, recipient: string): Promise<string | null> {
  const client = await connectProxied(port, address);
  try {
    if (client.greeting.code !== 220) return `greeting ${client.greeting.code} ${client.greeting.text}`;
    const ehlo = await client.ask('EHLO mail.honest.example');
    if (ehlo.code !== 250) return `EHLO ${ehlo.code}`;
    const begun = await client.askAll(['MAIL FROM:<sender@honest.example>', `RCPT TO:<${recipient}>`, 'DATA']);
    const wanted = [250, 250, 354];
    const odd = begun.find(({ code }, index) => code !== wanted[index]);
    if (odd !== undefined) return `${odd.code} ${odd.text}`;
    const taken = await client.content(content);
    if (taken.code !== 250) return `final dot ${taken.code} ${taken.text}`;
    await client.ask('QUIT');
    return null;
  } finally {
    client.close();
  }
}
