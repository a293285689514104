/**
 * swaks as the sender: the client that people try a mail server with.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, findProgram, run } from '../helpers/child.ts';
import { createDomain, readMessages } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { isSkipped, oddMessage, readTrace, stuffDots } from './mail.ts';

const SENDER = 'sender@elsewhere.example';

const swaks = findProgram('swaks');
const support = swaks === null ? '' : (await run(swaks, ['--support'])).stdout.toString();
const whyNoTls = /TLS supported/.test(support) ? null : 'this swaks has no TLS (Debian package libnet-ssleay-perl)';

describe.skipIf(isSkipped('swaks interop', swaks === null ? 'no swaks is installed' : null))('swaks', () => {
  let flow: Flow;
  let primary: FakePrimary;
  let folder: string;

  const send = async (...args: readonly string[]): Promise<Finished & { readonly words: string }> => {
    const finished = await run(swaks ?? 'swaks', [
      '--server',
      `127.0.0.1:${flow.service.smtpPort}`,
      '--from',
      SENDER,
      '--ehlo',
      'client.elsewhere.example',
      ...args,
    ]);
    return { ...finished, words: `${finished.stdout.toString()}${finished.stderr}` };
  };
  const sendContent = async (to: string, content: Buffer, ...args: readonly string[]) => {
    const path = join(folder, 'content');
    // swaks sends the line end behind the final dot itself.
    await writeFile(path, Buffer.concat([stuffDots(content), Buffer.from('.')]));
    return send('--to', to, '--no-data-fixup', '--data', `@${path}`, ...args);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backup-mx-swaks-'));
    flow = await startFlow();
    primary = await startFakePrimary();
    await createDomain(flow.service, 'backed.example', [{ host: '127.0.0.1', port: primary.port }]);
  });

  afterAll(async () => {
    await primary?.close();
    await flow?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('sends a message that reaches the primary byte for byte', async () => {
    const original = oddMessage(SENDER, 'User@backed.example');
    const { code, words } = await sendContent('User@backed.example', original);
    expect(words).toMatch(/<~?-\s+250 2\.0\.0 /);
    expect(code).toBe(0);
    await primary.waitFor(() => primary.messages.length === 1, 'the mail at the primary');
    const [message] = primary.messages;
    const trace = readTrace(message?.content ?? Buffer.alloc(0), original);
    expect(trace).toMatch(/^Received: from client\.elsewhere\.example/);
    expect(message?.recipients[0]?.address).toBe('User@backed.example');
    expect((await readMessages(flow.service, 'backed.example'))[0]?.reversePath).toBe(SENDER);
  });

  test('shows the extensions it is offered', async () => {
    const { words } = await send('--to', 'user@backed.example', '--quit-after', 'EHLO');
    for (const extension of [
      'PIPELINING',
      'SIZE 10485760',
      '8BITMIME',
      'SMTPUTF8',
      'DSN',
      'ETRN',
      'ENHANCEDSTATUSCODES',
      'STARTTLS',
    ]) {
      expect(words).toMatch(new RegExp(`250[- ]${extension}`));
    }
  });

  test('hears 552 5.3.4 with the limit after a larger message, and the code where to read on', async () => {
    const line = `${'a'.repeat(76)}\r\n`;
    const large = Buffer.from(`Subject: large\r\n\r\n${line.repeat(Math.ceil(10_485_760 / line.length))}`);
    const { code, words } = await sendContent('user@backed.example', large);
    expect(code).not.toBe(0);
    expect(words).toMatch(/<\*\* 552[- ]5\.3\.4 /);
    expect(words).toMatch(/BMX-SIZE/);
    expect(words).toMatch(/\/reject\/BMX-SIZE/);
  });

  test('hears 550 5.7.1 for a domain that is not served', async () => {
    const { code, words } = await send('--to', 'user@not-served.example');
    expect(code).toBe(24);
    expect(words).toMatch(/<\*\* 550[- ]5\.7\.1 .*BMX-RELAY/s);
  });

  test.skipIf(isSkipped('swaks with STARTTLS', swaks === null ? null : whyNoTls))('sends by STARTTLS', async () => {
    const before = primary.messages.length;
    const original = oddMessage(SENDER, 'tls@backed.example');
    const { code, words } = await sendContent('tls@backed.example', original, '--tls');
    expect(words).toMatch(/TLS started/);
    expect(code).toBe(0);
    await primary.waitFor(() => primary.messages.length === before + 1, 'the mail at the primary');
    const message = primary.messages.at(-1);
    expect(readTrace(message?.content ?? Buffer.alloc(0), original)).toMatch(/with ESMTPS/);
  });
});
