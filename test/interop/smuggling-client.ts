/** The client of the smuggling tests: sends the rows of the matrix side by side, whole or octet by octet. */
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';
import { FIRST_SENDER, type Variant } from './smuggling-matrix.ts';

export interface RowResult {
  readonly variant: Variant;
  /** Codes of all replies from the first final dot on, and 214 of the HELP at the end where the session goes on. */
  readonly codes: string;
  /** Ids in the replies 250 to a final dot. */
  readonly ids: readonly string[];
}

const CONNECTIONS = 24;

export interface Sending {
  readonly port: number;
  /** The first message's recipients. */
  readonly to: readonly string[];
  readonly pieces: 'WHOLE' | 'OCTETS';
}

/** Sends every row once, each in a session of its own, so that no limit on errors ends it. */
export async function sendRows(variants: readonly Variant[], sending: Sending): Promise<RowResult[]> {
  const left = [...variants];
  const results: RowResult[] = [];
  const work = async (): Promise<void> => {
    for (let variant = left.shift(); variant !== undefined; variant = left.shift()) {
      const peer = await connectPeer({ host: '127.0.0.1', port: sending.port, timeoutMs: 30_000 });
      results.push(await sendRow(peer, variant, sending).finally(peer.destroy));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return results.sort((a, b) => a.variant.number - b.variant.number);
}

async function sendRow(peer: SmtpPeer, variant: Variant, { to, pieces }: Sending): Promise<RowResult> {
  await peer.reply();
  await peer.write('EHLO client.sender.example\r\n');
  await peer.write(
    `MAIL FROM:<${FIRST_SENDER}>\r\n${to.map((address) => `RCPT TO:<${address}>\r\n`).join('')}DATA\r\n`,
  );
  for (let count = 0; count < to.length + 3; count += 1) {
    const reply = await peer.reply();
    if (!/^(?:250|354)[ -]/.test(reply)) throw new Error(`${variant.name}: ${reply}`);
  }
  const octets = `${variant.stream}HELP\r\n`;
  await (pieces === 'WHOLE' ? peer.write(octets) : peer.trickle(octets));
  const replies: string[] = [];
  // HELP's code is nobody else's: all that stands before it has been answered. After unsafe bytes the session ends.
  do replies.push(await peer.reply());
  while (!/^(?:214|550 5\.5\.2)/.test(replies.at(-1) ?? ''));
  if (replies.at(-1)?.startsWith('550')) {
    await peer.closed();
    const late = await peer.reply().catch(() => null);
    if (late !== null) replies.push(late);
  }
  const ids = replies.map((reply) => /^250 2\.0\.0 .*([0-9a-f]{8}-[0-9a-f-]{27})/.exec(reply)?.[1]);
  return {
    variant,
    codes: replies.map((reply) => reply.slice(0, 3)).join(' '),
    ids: ids.filter((id) => id !== undefined),
  };
}
