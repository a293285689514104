/**
 * The dialogue files against the whole service: it serves example.org and no other domain, its primary is away, it knows
 * where its postmaster is, and 127.0.0.2 is its trusted proxy.
 *
 * Declares the tests; each dialogue goes in whole pieces and, unless it must be played whole, octet by octet.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWholeOnly, playDialog } from './dialog.ts';
import { createDomain, readHeldCount, readMessages } from './domains.ts';
import { findFreePort } from './free-port.ts';
import { type Runtime, type Service, startService } from './service.ts';
import { eventsOf, faultsOf } from './service-log.ts';

const DIALOGS = join(import.meta.dirname, '..', 'dialogs');
const DOMAIN = 'example.org';

/** Every dialogue against one service on that runtime, then what the service has made of all of them. */
export function testDialogs(runtime: Runtime): void {
  let service: Service;

  beforeAll(async () => {
    const env = { POSTMASTER_ADDRESS: 'postmaster@operator.example', TRUSTED_PROXIES: '127.0.0.2' };
    service = await startService({ runtime, env });
    await createDomain(service, DOMAIN, [{ host: '127.0.0.1', port: await findFreePort() }]);
  });

  afterAll(() => service?.remove());

  for (const file of readdirSync(DIALOGS).filter((name) => name.endsWith('.dialog'))) {
    const text = readFileSync(join(DIALOGS, file), 'utf8');
    for (const pieces of isWholeOnly(text) ? (['WHOLE'] as const) : (['WHOLE', 'OCTETS'] as const)) {
      test(`${file} ${pieces}`, () => playDialog(text, { host: '127.0.0.1', port: service.smtpPort, pieces }));
    }
  }

  test('what was answered 250 is held, nothing that was smuggled is, and nothing went wrong inside', async () => {
    const accepted = eventsOf(service).filter(({ event }) => event === 'accepted');
    expect(accepted.length).toBeGreaterThan(0);
    expect(await readHeldCount(service, DOMAIN)).toBe(accepted.length);
    const messages = await readMessages(service, DOMAIN);
    expect(messages).toHaveLength(accepted.length);
    expect(messages.filter(({ reversePath }) => reversePath?.endsWith('evil.example'))).toEqual([]);
    expect(faultsOf(service)).toEqual([]);
    expect(await service.stop()).toBe(0);
    expect(faultsOf(service)).toEqual([]);
  });
}
