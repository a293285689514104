/** What reaches the rest of the service: envelope, Received field, content, ids, and what is said when it fails. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { isId } from '../../src/mail/id.ts';
import type { ReceivedTransaction } from '../../src/inbound/listener-state.ts';
import { contentText, type Fixture, HOSTNAME, receivedText, sendMessage, startInbound } from './fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startInbound({ resolveName: () => Promise.resolve('client.rdns.example') });
});

beforeEach(() => {
  fixture.accepted.length = 0;
  fixture.events.length = 0;
  fixture.accept = () => Promise.resolve();
  fixture.readiness = 'OK';
});

afterAll(() => fixture.close());

describe('the accepted transaction', () => {
  test('has the content unchanged and one Received field before it', async () => {
    const peer = await fixture.session();
    const content = 'From: a@sender.example\r\nSubject:  odd \t spacing \r\n\r\n\x80\xff\r\n..stuffed\r\n\r\n';
    const reply = await sendMessage(peer, content);
    peer.destroy();
    const [transaction] = fixture.accepted;
    expect(reply).toBe(`250 2.0.0 accepted as ${transaction?.id}`);
    expect(isId(transaction?.id ?? '')).toBe(true);
    const wanted = content.replace('..stuffed', '.stuffed');
    expect(contentText(transaction)).toBe(wanted);
    expect(transaction?.sizeBytes).toBe(wanted.length);
    const received = receivedText(transaction);
    expect(received).toStartWith('Received: from client.example (client.rdns.example [127.0.0.1]) by ');
    expect(received).toContain(` by ${HOSTNAME} with ESMTP id ${transaction?.id} for <u@example.org>; `);
    expect(received).toEndWith('\r\n');
    expect(received.match(/\r\n/g)).toHaveLength(1);
  });

  test('is work that whoever shares the loop can see, its chunks as well as its replies', async () => {
    const peer = await fixture.session();
    const before = fixture.inbound.workCount();
    await peer.ask('MAIL FROM:<a@sender.example>');
    await peer.ask('RCPT TO:<u@example.org>');
    await peer.ask('DATA');
    expect(fixture.inbound.workCount()).toBe(before + 3);
    await peer.ask('Subject: x\r\n\r\n.');
    expect(fixture.inbound.workCount()).toBe(before + 5);
    peer.destroy();
  });

  test('keeps the DSN parameters of each recipient as given', async () => {
    const peer = await fixture.session();
    await peer.ask('MAIL FROM:<"a b"@Sender.EXAMPLE> BODY=8bitmime RET=hdrs ENVID=QQ+2Bx');
    await peer.ask('RCPT TO:<U.ser@EXAMPLE.org> NOTIFY=delay,Success ORCPT=rfc822;U.ser+2Btag@Example.org');
    await peer.ask('RCPT TO:<v@example.org> NOTIFY=NEVER');
    await peer.ask('RCPT TO:<v@example.org>');
    await peer.ask('RCPT TO:<V@example.org>');
    await peer.ask('DATA');
    await peer.ask('Subject: x\r\n\r\n.');
    peer.destroy();
    const [transaction] = fixture.accepted;
    expect(transaction?.envelope).toMatchObject({
      reversePath: '"a b"@sender.example',
      body: '8BITMIME',
      ret: 'HDRS',
      envelopeId: 'QQ+2Bx',
      smtpUtf8: false,
      client: { address: '127.0.0.1', ehloName: 'client.example', protocol: 'ESMTP', tls: null },
    });
    const shared = { domain: 'example.org', destinationId: 'destination', tenantId: 'tenant' };
    expect(transaction?.recipients).toEqual([
      {
        ...shared,
        address: 'U.ser@example.org',
        notify: ['DELAY', 'SUCCESS'],
        originalRecipient: 'rfc822;U.ser+2Btag@Example.org',
      },
      { ...shared, address: 'v@example.org', notify: ['NEVER'], originalRecipient: null },
      // Local parts are case-sensitive (RFC 5321 §2.4).
      { ...shared, address: 'V@example.org', notify: [], originalRecipient: null },
    ]);
    expect(receivedText(transaction)).not.toContain(' for ');
  });

  test('names TLS, SMTPUTF8 and a null reverse-path', async () => {
    const peer = await fixture.session();
    await peer.ask('STARTTLS');
    await peer.startTls();
    await peer.ask('EHLO tls.example');
    await peer.ask('MAIL FROM:<> SMTPUTF8');
    await peer.ask('RCPT TO:<u@example.org>');
    await peer.ask('DATA');
    await peer.ask('.');
    peer.destroy();
    const [transaction] = fixture.accepted;
    expect(transaction?.envelope).toMatchObject({ reversePath: null, smtpUtf8: true });
    expect(transaction?.envelope.client).toMatchObject({ protocol: 'UTF8SMTPS', ehloName: 'tls.example' });
    expect(transaction?.envelope.client.tls).toMatch(/^TLSv1\.3 TLS_/);
    expect(contentText(transaction)).toBe('');
  });

  test('takes 1000 recipients; the next gets 452 and the others stay', async () => {
    const peer = await fixture.session();
    await peer.ask('MAIL FROM:<a@sender.example>');
    for (let at = 0; at < 1000; at += 1) await peer.ask(`RCPT TO:<u${at}@example.org>`);
    expect(await peer.ask('RCPT TO:<more@example.org>')).toStartWith('452 4.5.3 ');
    await peer.ask('DATA');
    expect(await peer.ask('.')).toStartWith('250 ');
    peer.destroy();
    expect(fixture.accepted[0]?.recipients).toHaveLength(1000);
  });
});

describe('what an EHLO argument cannot do', () => {
  test('break a line, or stand unsanitised in the envelope', async () => {
    const peer = await fixture.connect();
    await peer.reply();
    await peer.ask('EHLO a)\x1b[31m(b\r;by evil \xff');
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    peer.destroy();
    const [transaction] = fixture.accepted;
    expect(transaction?.envelope.client.ehloName).toMatch(/^[!-~]+$/);
    expect(receivedText(transaction)).toMatch(/^[ -~]*\r\n$/);
  });
});

describe('trouble of our own is never 5yz', () => {
  test('a store that rejects: 451 BMX-STORE', async () => {
    fixture.accept = () => Promise.reject(new Error('connection lost'));
    const peer = await fixture.session();
    expect(await sendMessage(peer, 'x\r\n')).toMatch(/^451 4\.3\.0 .* BMX-STORE \S+\/reject\/BMX-STORE$/);
    fixture.accept = () => Promise.resolve();
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    peer.destroy();
    expect(fixture.events.map((event) => event.name)).toContain('fault');
  });

  test('a store that throws at once: 451', async () => {
    fixture.accept = (): Promise<void> => {
      throw new TypeError('a bug');
    };
    const peer = await fixture.session();
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('451 4.3.0 ');
    peer.destroy();
  });

  test('a full store: 452 BMX-STORE', async () => {
    fixture.accept = () => Promise.reject(Object.assign(new Error('no room'), { name: 'StorageFull' }));
    const peer = await fixture.session();
    expect(await sendMessage(peer, 'x\r\n')).toMatch(/^452 4\.3\.1 .* BMX-STORE \S+$/);
    peer.destroy();
  });

  test('database down 451 and disk full 452 at MAIL, and recovery', async () => {
    const peer = await fixture.session();
    fixture.readiness = 'DOWN';
    expect(await peer.ask('MAIL FROM:<a@sender.example>')).toMatch(/^451 4\.3\.0 .* BMX-STORE /);
    fixture.readiness = 'FULL';
    expect(await peer.ask('MAIL FROM:<a@sender.example>')).toMatch(/^452 4\.3\.1 .* BMX-STORE /);
    fixture.readiness = 'OK';
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    peer.destroy();
  });

  test('a policy that throws: 451', async () => {
    const peer = await fixture.session();
    await peer.ask('MAIL FROM:<a@sender.example>');
    expect(await peer.ask('RCPT TO:<throw@example.org>')).toMatch(/^451 4\.3\.0 .* BMX-STORE /);
    expect(await peer.ask('RCPT TO:<u@example.org>')).toStartWith('250 ');
    peer.destroy();
  });
});

describe('250 only after the store has it', () => {
  test('the reply waits for accept', async () => {
    let finish: () => void = () => undefined;
    const begun = new Promise<ReceivedTransaction>((resolve) => {
      fixture.accept = (transaction) =>
        new Promise((stored) => {
          finish = stored;
          resolve(transaction);
        });
    });
    const peer = await fixture.session();
    const reply = sendMessage(peer, 'x\r\n');
    let isAnswered = false;
    reply.then(
      () => {
        isAnswered = true;
      },
      () => undefined,
    );
    const transaction = await begun;
    await fixture.session().then((other) => other.destroy());
    expect(isAnswered).toBe(false);
    finish();
    expect(await reply).toBe(`250 2.0.0 accepted as ${transaction.id}`);
    peer.destroy();
  });
});

describe('loops', () => {
  const received = (by: string): string =>
    `Received: from x.example (x.example [192.0.2.1])\r\n\tby ${by} with ESMTP; x\r\n`;

  test('three Received fields by our names: 554 BMX-LOOP; two pass', async () => {
    const peer = await fixture.session();
    const ours = received(HOSTNAME) + received('MX2.backup.example');
    expect(await sendMessage(peer, `${ours}Subject: x\r\n\r\n`)).toStartWith('250 ');
    const third = `${ours}Subject: x\r\n${received(HOSTNAME)}\r\nbody\r\n`;
    expect(await sendMessage(peer, third)).toMatch(/^554 5\.4\.6 .* BMX-LOOP \S+\/reject\/BMX-LOOP$/);
    expect(await sendMessage(peer, `Subject: x\r\n\r\n${received(HOSTNAME).repeat(5)}`)).toStartWith('250 ');
    peer.destroy();
  });

  test('more than 100 Received fields: 554; 100 pass, also octet by octet', async () => {
    const peer = await fixture.session();
    const hundred = received('relay.example').repeat(100);
    expect(await sendMessage(peer, `${hundred}\r\nbody\r\n`)).toStartWith('250 ');
    expect(await sendMessage(peer, `${received('relay.example')}${hundred}\r\nbody\r\n`)).toStartWith('554 5.4.6 ');
    peer.destroy();
  });
});

describe('telemetry', () => {
  test('tells of what was accepted and what was refused, with its code', async () => {
    const peer = await fixture.session();
    await peer.ask('MAIL FROM:<a@sender.example>');
    await peer.ask('RCPT TO:<u@other.example>');
    await peer.ask('RSET');
    await sendMessage(peer, 'x\r\n');
    await peer.ask('QUIT');
    await peer.closed();
    const find = (name: string): unknown => fixture.events.find((event) => event.name === name)?.fields;
    expect(find('refused')).toMatchObject({
      command: 'RCPT',
      clientAddress: '127.0.0.1',
      ehloName: 'client.example',
      reversePath: 'a@sender.example',
      forwardPath: 'u@other.example',
      rejection: 'BMX-RELAY',
      reply: '550 5.7.1 other.example is not served',
    });
    expect(find('accepted')).toMatchObject({ recipientCount: 1, domains: ['example.org'], sizeBytes: 3 });
  });
});

describe('normalised newlines', () => {
  test('are taken; the size limit and the count are of what is stored', async () => {
    const lenient = await startInbound({ bareNewlines: 'normalize', messageSizeLimit: () => 40 });
    const peer = await lenient.session();
    expect(await sendMessage(peer, 'Subject: x\n\n..\nbare\rcr\0\n.\nRSET\n\r\n')).toStartWith('250 ');
    expect(contentText(lenient.accepted[0])).toBe('Subject: x\r\n\r\n..\r\nbare cr\r\n.\r\nRSET\r\n\r\n');
    expect(lenient.accepted[0]?.sizeBytes).toBe(38);
    expect(await sendMessage(peer, `${'x'.repeat(37)}\na\r\n`)).toStartWith('552 5.3.4 ');
    peer.destroy();
    await lenient.close();
  });
});
