/** Every SMTP dialogue file against the listener, sent in whole pieces and octet by octet. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWholeOnly, playDialog } from '../helpers/dialog.ts';
import { type Fixture, startInbound } from './fixture.ts';

const DIALOGS = join(import.meta.dirname, '..', 'dialogs');

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startInbound({ isTrustedProxy: (address) => address === '127.0.0.2' });
});

afterAll(() => fixture.close());

for (const file of readdirSync(DIALOGS).filter((name) => name.endsWith('.dialog'))) {
  const text = readFileSync(join(DIALOGS, file), 'utf8');
  for (const pieces of isWholeOnly(text) ? (['WHOLE'] as const) : (['WHOLE', 'OCTETS'] as const)) {
    test(`${file} ${pieces}`, async () => {
      await playDialog(text, { host: '127.0.0.1', port: fixture.port, pieces });
      expect(fixture.events.filter((event) => event.name === 'fault')).toEqual([]);
      expect(fixture.accepted.map((transaction) => transaction.envelope.reversePath)).not.toContain(
        'evil@evil.example',
      );
    });
  }
}

test('nothing of the dialogues is left open', async () => {
  await fixture.close();
  expect(fixture.inbound.connectionCount()).toBe(0);
});
