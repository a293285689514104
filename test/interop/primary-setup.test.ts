/**
 * The ready-made texts for primaries, as the API gives them, taken by a real Postfix and a real Exim that keep strangers off.
 *
 * 127.0.0.1 stands for our egress address, 127.0.0.2 for a stranger's. A rule that refuses everybody stands for a DNS list.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { primarySetups } from '../../src/mail/primary-setup.ts';
import { until } from '../helpers/child.ts';
import { type Exim, findExim, startExim } from '../helpers/exim.ts';
import { type Postfix, startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { isSkipped } from './mail.ts';

const OURS = ['127.0.0.1', '2001:db8::250'];
const MAIL_FROM = 'MAIL FROM:<sender@elsewhere.example>';

function snippetFor(mta: string): string {
  const setup = primarySetups(OURS).find((candidate) => candidate.mta === mta);
  if (setup === undefined) throw new Error(`no text for ${mta}`);
  return setup.snippet;
}

/** The reply to RCPT, or the first one before it that is a refusal, the greeting included. */
async function hearRcpt(port: number, localAddress: string, to: string): Promise<string> {
  const peer = await connectPeer({ host: '127.0.0.1', port, localAddress, timeoutMs: 20_000 });
  try {
    let reply = await peer.reply();
    for (const line of ['EHLO client.example', MAIL_FROM, `RCPT TO:<${to}>`]) {
      if (!reply.startsWith('2')) break;
      reply = await peer.ask(line);
    }
    return reply;
  } finally {
    peer.destroy();
  }
}

test('every text names every address; without addresses there is none', () => {
  const setups = primarySetups(OURS);
  expect(setups.map(({ mta }) => mta)).toEqual(['POSTFIX', 'EXIM', 'RSPAMD', 'EXCHANGE']);
  for (const { snippet } of setups) {
    for (const address of OURS) expect(snippet).toContain(address);
    expect(snippet.endsWith('\n')).toBe(true);
    expect(snippet.split('\n').every((line) => line.length <= 132)).toBe(true);
  }
  expect(primarySetups([])).toEqual([]);
});

describe.skipIf(isSkipped('the Postfix text', whyNoPostfix()))('Postfix', () => {
  const parameters = {
    mynetworks: '192.0.2.9/32',
    smtpd_peername_lookup: 'no',
    virtual_mailbox_maps: 'inline:{user@here.example=all/}',
    // What administrators have: relaying for their own first, then what refuses.
    smtpd_recipient_restrictions:
      'permit_mynetworks, reject_unauth_destination, check_client_access static:{554 5.7.1 listed}',
    smtpd_relay_restrictions: 'permit_mynetworks, reject_unauth_destination',
  };
  const mode = { kind: 'SINK', domains: ['here.example'] } as const;
  let postfix: Postfix;
  let screened: Postfix;

  beforeAll(async () => {
    postfix = await startPostfix({ mode, parameters });
    screened = await startPostfix({
      mode,
      hasPostscreen: true,
      // A test after the greeting makes every first connection wait, as greylisting does.
      parameters: { ...parameters, postscreen_bare_newline_enable: 'yes', postscreen_greet_wait: '1s' },
    });
  });
  afterAll(async () => {
    await postfix?.remove();
    await screened?.remove();
  });

  test('a listed client is refused, we are not; nothing is opened that was shut', async () => {
    expect(await hearRcpt(postfix.port, '127.0.0.1', 'user@here.example')).toMatch(/^554 .*listed/);
    const script = snippetFor('POSTFIX');
    await postfix.administer(script);
    const once = await postfix.administer('postconf -n');
    expect(await postfix.administer(script)).not.toMatch(/warning|error|fatal/i);
    expect(await postfix.administer('postconf -n')).toBe(once);
    expect(once).toMatch(
      /smtpd_recipient_restrictions = check_client_access cidr:\S+ *, permit_mynetworks, reject_unauth/,
    );

    await until('the new rules are in force', 30_000, async () =>
      (await hearRcpt(postfix.port, '127.0.0.1', 'user@here.example')).startsWith('250'),
    );
    expect(await hearRcpt(postfix.port, '127.0.0.2', 'user@here.example')).toMatch(/^554 .*listed/);
    expect(await hearRcpt(postfix.port, '127.0.0.1', 'user@not-here.example')).toMatch(/^554 5\.7\.1 .*Relay/i);
    expect(await hearRcpt(postfix.port, '127.0.0.1', 'nobody@here.example')).toMatch(/^550 5\.1\.1 /);
  });

  test('we may say who sent the mail, a stranger may not', async () => {
    const offersOf = async (localAddress: string) => {
      const peer = await connectPeer({ host: '127.0.0.1', port: postfix.port, localAddress });
      try {
        await peer.reply();
        return await peer.ask('EHLO client.example');
      } finally {
        peer.destroy();
      }
    };
    expect(await offersOf('127.0.0.1')).toMatch(/^250[ -]XFORWARD NAME ADDR /m);
    expect(await offersOf('127.0.0.2')).not.toContain('XFORWARD');
  });

  test('with relay rules of the old kind too, it does not relay', async () => {
    await postfix.administer(
      'postconf -e smtpd_relay_restrictions= "smtpd_recipient_restrictions=$(postconf -h smtpd_recipient_restrictions)" && postfix reload',
    );
    await until('the relay rules are gone', 30_000, async () =>
      (await hearRcpt(postfix.port, '127.0.0.1', 'user@not-here.example')).startsWith('554 5.7.1'),
    );
    expect(await hearRcpt(postfix.port, '127.0.0.1', 'user@here.example')).toMatch(/^250/);
  });

  test('its limits of rate and postscreen let us through at once', async () => {
    await screened.administer(
      `postconf -e smtpd_client_connection_rate_limit=1 smtpd_recipient_restrictions=reject_unauth_destination\n${snippetFor('POSTFIX')}`,
    );
    await until('the new rules are in force', 30_000, async () =>
      (await hearRcpt(screened.port, '127.0.0.1', 'user@here.example')).startsWith('250'),
    );
    for (let round = 0; round < 5; round += 1) {
      expect(await hearRcpt(screened.port, '127.0.0.1', 'user@here.example')).toMatch(/^250/);
    }
    expect(await hearRcpt(screened.port, '127.0.0.2', 'user@here.example')).toMatch(/^450 4\.3\.2/);
  });
});

const found = await findExim();

describe.skipIf(isSkipped('the Exim text', 'reason' in found ? found.reason : null))('Exim', () => {
  const folder = 'folder' in found ? found.folder : '';
  let exim: Exim;

  beforeAll(async () => {
    const [main = '', acl = ''] = snippetFor('EXIM').split(/^# 2\./m);
    const withoutComments = (text: string) => text.split('\n').filter((line) => line !== '' && !/^(#| THE)/.test(line));
    exim = await startExim(folder, {
      mode: { kind: 'SINK', domains: ['here.example'] },
      localParts: ['user'],
      mainLines: ['domainlist local_domains = here.example', 'domainlist relay_to_domains =', ...withoutComments(main)],
      rcptAcl: [
        ...withoutComments(acl.slice(acl.indexOf('\n'))),
        'require domains = +local_domains : +relay_to_domains',
        'deny message = listed',
        '  hosts = <; 0.0.0.0/0 ; ::/0',
      ],
    });
  });
  afterAll(async () => {
    await exim?.remove();
  });

  const rcpt = async (address: string, to: string): Promise<string | undefined> => {
    const replies = await exim.pretend(address, ['EHLO client.example', MAIL_FROM, `RCPT TO:<${to}>`, 'QUIT']);
    // Greeting, EHLO's last line, MAIL, RCPT, QUIT.
    return replies.filter((line) => line[3] === ' ')[3];
  };

  test.each(OURS)(
    'from %s a listed client is let through; unknown users and other domains are refused',
    async (ours) => {
      expect(await rcpt(ours, 'user@here.example')).toMatch(/^250/);
      expect(await rcpt(ours, 'nobody@here.example')).toMatch(/^550 /);
      expect(await rcpt(ours, 'user@not-here.example')).toMatch(/^550 /);
    },
  );

  test('strangers are refused as before', async () => {
    expect(await rcpt('192.0.2.77', 'user@here.example')).toMatch(/^550 listed/);
    expect(await rcpt('2001:db8::77', 'user@here.example')).toMatch(/^550 listed/);
  });
});
