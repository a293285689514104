/**
 * The smuggling matrix through us to a real Postfix and a real Exim: each row is one message there, too, and its body is ours.
 * Each row comes to us whole and octet by octet.
 *
 * With BARE_NEWLINES=normalize, as that lets the most pass.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Buffer } from 'node:buffer';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, untilHeld } from '../helpers/domains.ts';
import { findExim, startExim } from '../helpers/exim.ts';
import { startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { isSkipped } from './mail.ts';
import { sendRows } from './smuggling-client.ts';
import { hasSecondByRight, smugglingVariants, storedContent } from './smuggling-matrix.ts';

interface Peer {
  readonly port: number;
  readonly flush: () => Promise<void>;
  readonly readQueue: () => Promise<readonly unknown[]>;
  readonly readDelivered: () => Promise<Buffer[]>;
  readonly remove: () => Promise<void>;
}

const exim = await findExim();
const whyNo = { 'postfix.example': whyNoPostfix(), 'exim.example': 'reason' in exim ? exim.reason : null };
const DOMAINS = (['postfix.example', 'exim.example'] as const).filter(
  (domain) => !isSkipped(`smuggling through us to ${domain}`, whyNo[domain]),
);

/** The first domain takes the second message, if one comes. */
const ROWS = smugglingVariants(`user@${DOMAINS[0]}`).filter(({ name }) => / \.{1,2} /.test(name));

const PIECES = ['WHOLE', 'OCTETS'] as const;

let flow: Flow;
const peers = new Map<string, Peer>();

beforeAll(async () => {
  if (DOMAINS.length === 0) return;
  flow = await startFlow({}, { BARE_NEWLINES: 'normalize' });
  for (const domain of DOMAINS) {
    const mode = { kind: 'SINK', domains: [domain] } as const;
    const peer =
      domain === 'postfix.example'
        ? await startPostfix({ mode })
        : await startExim('folder' in exim ? exim.folder : '', { mode });
    peers.set(domain, peer);
    await createDomain(flow.service, domain, [{ host: '127.0.0.1', port: peer.port }]);
  }
  const to = DOMAINS.map((domain) => `user@${domain}`);
  for (const pieces of PIECES) {
    for (const { variant, ids } of await sendRows(ROWS, { port: flow.service.smtpPort, to, pieces })) {
      expect(ids, variant.name).toHaveLength(1 + Number(hasSecondByRight(variant)));
    }
  }
});

afterAll(async () => {
  await flow?.close();
  await Promise.all([...peers.values()].map((peer) => peer.remove()));
});

test.each(DOMAINS)(
  '%s has every row once for each way it came, and no message of the second sender that is not his',
  async (domain) => {
    const seconds = domain === DOMAINS[0] ? ROWS.filter(hasSecondByRight).map(() => 'second\r\n') : [];
    const once = [...ROWS.map((row) => bodyOf(storedContent(row, 'normalize') ?? '')), ...seconds];
    const expected = PIECES.flatMap(() => once);
    const peer = peers.get(domain);
    await flushDomain(flow.service, domain);
    await untilHeld(flow.service, domain, 0, 30_000);
    await peer?.flush();
    const delivered = await until(`${domain} has delivered`, 30_000, async () => {
      if ((await peer?.readQueue())?.length !== 0) return false;
      const messages = (await peer?.readDelivered()) ?? [];
      return messages.length >= expected.length && messages;
    });
    // Each server may add fields to the header; the body is not its business.
    const bodies = delivered.map((message) => bodyOf(message.toString('latin1')));
    expect(bodies.sort()).toEqual(expected.sort());
  },
);

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4);
}
