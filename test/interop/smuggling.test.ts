/**
 * The smuggling matrix against the whole service: no row becomes a second message, what is stored is what was sent, and what
 * goes on to a strict primary holds no end of data but its own (protocol 36-39).
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { faultsOf } from '../helpers/service-log.ts';
import { type RowResult, sendRows } from './smuggling-client.ts';
import {
  FIRST_SENDER,
  hasSecondByRight,
  SECOND_SENDER,
  smugglingVariants,
  storedContent,
  type Variant,
} from './smuggling-matrix.ts';

const TO = 'user@smuggled.example';
const PIECES = ['WHOLE', 'OCTETS'] as const;
const VARIANTS = smugglingVariants(TO);

test('the matrix has every combination, and the real ends among them', () => {
  expect(VARIANTS).toHaveLength(12 * 5 * 12);
  expect(VARIANTS.filter(({ isEnd }) => isEnd).length).toBeGreaterThan(6);
  expect(VARIANTS.filter(hasSecondByRight).map(({ name }) => name)).toEqual([
    'CRLF . CRLF',
    'CRCRLF . CRLF',
    'NULCRLF . CRLF',
  ]);
});

describe.each(['reject', 'normalize'] as const)('BARE_NEWLINES=%s', (bareNewlines) => {
  let flow: Flow;
  let primary: FakePrimary;
  const results: RowResult[] = [];

  /** What must be there, sender and content; the subject says which row it is of. */
  const expectedOf = (variants: readonly Variant[]): string[] =>
    variants.flatMap((variant) => {
      const first = storedContent(variant, bareNewlines);
      return first === null ? [] : [`${FIRST_SENDER}\n${first}`, ...secondOf(variant)];
    });
  const everything = (): string[] => PIECES.flatMap(() => expectedOf(VARIANTS)).sort();

  beforeAll(async () => {
    flow = await startFlow({}, { BARE_NEWLINES: bareNewlines });
    primary = await flow.primary('127.0.0.2');
    await primary.stop();
    await flow.addDomain('smuggled.example', primary);
  });

  afterAll(() => flow?.close());

  test.each(PIECES)('to us, %s: no row is answered like two messages', async (pieces) => {
    const found = await sendRows(VARIANTS, { port: flow.service.smtpPort, to: [TO], pieces });
    results.push(...found);
    expect(found).toHaveLength(VARIANTS.length);
    for (const { variant, codes, ids } of found) {
      const isStored = storedContent(variant, bareNewlines) !== null;
      // Behind a real end stand commands, good ones or such that a control octet spoils.
      const second = hasSecondByRight(variant) ? '250 250 354 250' : '500 503 503 500 500';
      const goesOn = variant.isEnd ? `250 ${second} 214` : '250 214';
      expect(codes, variant.name).toBe(isStored ? goesOn : '550');
      expect(ids, variant.name).toHaveLength(isStored ? 1 + Number(hasSecondByRight(variant)) : 0);
    }
  });

  test('what is stored is what was sent, and no more', async () => {
    const rows = await flow.database.sql<{ reverse_path: string; content: Uint8Array }[]>`
      select reverse_path, content from messages join contents on message_id = id`;
    const stored = rows.map(({ reverse_path: from, content }) => `${from}\n${withoutTrace(Buffer.from(content))}`);
    expect(stored.sort()).toEqual(everything());
    expect(stored).toHaveLength(results.flatMap(({ ids }) => ids).length);
  });

  test('through us: the primary counts the same messages, each with one end of data, whoever reads it', async () => {
    await primary.start();
    await flow.change('domainFlush', { name: 'smuggled.example' });
    await flow.untilSeen('smuggled.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
    const arrived = primary.messages.map(({ reversePath, content }) => `${reversePath}\n${withoutTrace(content)}`);
    expect(arrived.sort()).toEqual(everything());
    for (const { wire } of primary.messages) {
      const text = wire.toString('latin1');
      // However careless: a dot between any two line ends, with blanks or NUL around it, is the last line.
      expect(text.match(/(?<=[\r\n\0])\.[ \t\0]*(?=[\r\n])/g), JSON.stringify(text)).toHaveLength(1);
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
    }
    expect(faultsOf(flow.service)).toEqual([]);
  });
});

function secondOf(variant: Variant): string[] {
  return hasSecondByRight(variant) ? [`${SECOND_SENDER}\nsecond\r\n`] : [];
}

/** The content behind our own Received field. */
function withoutTrace(content: Buffer): string {
  const text = content.toString('latin1');
  const end = /^Received: [^]*?\r\n(?![ \t])/.exec(text)?.[0].length;
  if (end === undefined) throw new Error(`no Received field: ${text.slice(0, 100)}`);
  return text.slice(end);
}
