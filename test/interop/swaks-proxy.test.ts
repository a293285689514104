/**
 * swaks as a trusted proxy: it sends the PROXY header in both versions, and XCLIENT, as Postfix and HAProxy define them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Finished, findProgram, run, until } from '../helpers/child.ts';
import { createDomain } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { isSkipped } from './mail.ts';

const swaks = findProgram('swaks');

describe.skipIf(isSkipped('swaks as a proxy', swaks === null ? 'no swaks is installed' : null))(
  'swaks as a proxy',
  () => {
    let flow: Flow;
    let primary: FakePrimary;

    const send = async (...args: readonly string[]): Promise<Finished & { readonly words: string }> => {
      const target = ['--server', `127.0.0.1:${flow.service.smtpPort}`, '--ehlo', 'client.elsewhere.example'];
      const mail = ['--from', 'sender@elsewhere.example', '--to', 'user@backed.example'];
      const finished = await run(swaks ?? 'swaks', [...target, ...mail, ...args]);
      return { ...finished, words: `${finished.stdout.toString()}${finished.stderr}` };
    };
    /** Sends one message and gives its trace at the primary. */
    const traceOf = async (...args: readonly string[]): Promise<string> => {
      const before = primary.messages.length;
      const { code, words } = await send(...args);
      expect(words).toMatch(/<[~-]\s+250 2\.0\.0 accepted/);
      expect(code).toBe(0);
      await primary.waitFor(() => primary.messages.length === before + 1, 'the mail at the primary');
      return (primary.messages.at(-1)?.content ?? Buffer.alloc(0)).toString('latin1').split('\r\n by ')[0] ?? '';
    };

    beforeAll(async () => {
      flow = await startFlow({}, { TRUSTED_PROXIES: '127.0.0.1' });
      primary = await startFakePrimary();
      await createDomain(flow.service, 'backed.example', [{ host: '127.0.0.1', port: primary.port }]);
    });

    afterAll(async () => {
      await primary?.close();
      await flow?.close();
    });

    const addresses = (family: string, source: string, destination: string): string[] =>
      `--proxy-family ${family} --proxy-source ${source} --proxy-source-port 40000 --proxy-dest ${destination} --proxy-dest-port 25`.split(
        ' ',
      );

    test.each([
      ['1', 'TCP4', '192.0.2.44', '192.0.2.25', '[192.0.2.44]'],
      ['1', 'TCP6', '2001:db8::44', '2001:db8::25', '[IPv6:2001:db8::44]'],
      ['2', 'AF_INET', '192.0.2.45', '192.0.2.25', '[192.0.2.45]'],
      ['2', 'AF_INET6', '2001:db8::45', '2001:db8::25', '[IPv6:2001:db8::45]'],
    ])('PROXY version %s, %s', async (version, family, source, destination, literal) => {
      const trace = await traceOf('--proxy-version', version, ...addresses(family, source, destination));
      expect(trace).toStartWith('Received: from client.elsewhere.example (');
      expect(trace).toContain(literal);
    });

    test('XCLIENT in one command and in two', async () => {
      const name = ['--xclient-name', 'mail.elsewhere.example'];
      const one = await traceOf('--xclient-addr', '192.0.2.46', ...name, '--xclient-port', '40000');
      expect(one).toBe('Received: from client.elsewhere.example (mail.elsewhere.example [192.0.2.46])');
      const addressFirst = ['--xclient-addr', 'IPV6:2001:db8::46', ...name, '--xclient-delim'];
      const two = await traceOf(...addressFirst, '--xclient-helo', 'x.example', '--xclient-proto', 'ESMTP');
      expect(two).toBe('Received: from client.elsewhere.example (mail.elsewhere.example [IPv6:2001:db8::46])');
    });

    test('XCLIENT before STARTTLS', async () => {
      const support = (await run(swaks ?? 'swaks', ['--support'])).stdout.toString();
      if (isSkipped('swaks XCLIENT with STARTTLS', /TLS supported/.test(support) ? null : 'this swaks has no TLS'))
        return;
      const trace = await traceOf('--xclient-addr', '192.0.2.47', '--xclient-before-starttls', '--tls');
      expect(trace).toContain('[192.0.2.47]');
    });

    test('a malformed header is closed without a word', async () => {
      const { code, words } = await send('--proxy', 'TCP4 192.0.2.44');
      expect(code).not.toBe(0);
      expect(words).not.toMatch(/<[~-]\s+220 /);
      await until('it is logged', 30_000, () => flow.service.output().includes('bad line'));
    });
  },
);
