/**
 * Debian's Postfix as the mail server of a sender who gets a report: it takes it apart with its own MIME reader, in its
 * strictest settings, and says in its log what it found in which part.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { type Postfix, startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { decodeBody, parseEntity, parseFields, parseParts } from '../mail/mime.ts';
import { isSkipped } from './mail.ts';

const CONTENT =
  'From: <a@sender.example>\r\nSubject: hello there\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n';

describe.skipIf(isSkipped('Postfix and our reports', whyNoPostfix()))('Postfix takes our reports', () => {
  let flow: Flow;
  let primary: FakePrimary;
  let postfix: Postfix;

  beforeAll(async () => {
    postfix = await startPostfix({
      mode: { kind: 'SINK', domains: ['sender.example'] },
      keepLog: true,
      parameters: {
        strict_mime_encoding_domain: 'yes',
        strict_8bitmime_body: 'yes',
        header_size_limit: '4096',
        smtputf8_enable: 'yes',
      },
    });
    const checks = join(postfix.folder, 'checks');
    await writeFile(checks, '/^(Content-Type|Subject|Action|Auto-Submitted):/ WARN\n');
    const table = `regexp:${checks}`;
    await postfix.reconfigure({ header_checks: table, mime_header_checks: table, nested_header_checks: table });
    flow = await startFlow(
      {
        'sender.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
        'mx.sender.example': { A: ['127.0.0.1'] },
      },
      { DELIVERY_PORT: String(postfix.port) },
    );
    primary = await startFakePrimary();
    await flow.addDomain('customer.example', primary);
  });

  afterAll(async () => {
    await flow?.close();
    await primary?.close();
    await postfix?.remove();
  });

  /** The report that says so, as it lies in the mailbox. */
  const untilDelivered = (text: string): Promise<Buffer> =>
    until(`a report with ${text}`, 30_000, async () =>
      (await postfix.readDelivered()).find((mail) => mail.toString('utf8').includes(text)),
    );

  test('69 a whole message returned: each part is read as what it is', async () => {
    await flow.send({
      from: 'a@sender.example',
      to: ['permfail@customer.example'],
      mailParameters: ' RET=FULL ENVID=first',
      content: Buffer.from(CONTENT),
    });
    const mail = await untilDelivered('Original-Envelope-Id: first');
    const entity = parseEntity(
      mail.toString('utf8').replace(/^(?:(?:Return-Path|X-Original-To|Delivered-To):.*\r\n)*/, ''),
    );
    const [, status, returned] = parseParts(entity);
    expect(entity.fields.get('return-path') ?? mail.toString()).toContain('Return-Path: <>\r\n');
    expect(parseFields(status?.body.trimEnd().split('\r\n\r\n')[1] ?? '').get('action')).toBe('failed');
    expect(parseEntity(returned?.body ?? '').body).toBe('Grüße\r\n');
    const log = await postfix.readLog();
    for (const found of [
      'warning: header Content-Type: multipart/report; report-type=delivery-status;',
      'warning: header Auto-Submitted: auto-replied',
      'warning: header Content-Type: text/plain; charset=utf-8',
      'warning: header Content-Type: message/delivery-status',
      'warning: header Content-Type: message/rfc822',
      // Found only by who enters the returned message.
      'warning: header Subject: hello there',
    ]) {
      expect(log).toContain(found);
    }
  });

  test('71 the global form, over SMTPUTF8', async () => {
    await flow.send({
      from: Buffer.from('jürgen@sender.example').toString('latin1'),
      to: ['permfail@customer.example'],
      mailParameters: ' SMTPUTF8 BODY=8BITMIME ENVID=second',
      content: Buffer.from(CONTENT.replace('hello there', 'grüße')),
    });
    const mail = await untilDelivered('Original-Envelope-Id: second');
    expect(mail.toString('utf8')).toContain('\r\nSubject: grüße\r\n');
    const log = await postfix.readLog();
    expect(log).toContain('warning: header Content-Type: message/global-delivery-status');
    expect(log).toContain('warning: header Content-Type: message/global-headers');
    expect(log).not.toMatch(/reject|improper|bounced/i);
  });

  test('70 72 an expiry of ten days', async () => {
    await primary.stop();
    // Beside a session of the last minute it would be no outage.
    await flow.database.moveClock('2 minutes');
    const id = await flow.send({
      from: 'a@sender.example',
      to: ['user@customer.example'],
      mailParameters: ' ENVID=third',
    });
    await flow.untilSeen('customer.example', 'an outage', ({ outage }) => outage !== null);
    await flow.untilIdle('customer.example');
    await flow.moveTo((await flow.message(id))?.expiresAt);
    const mail = (await untilDelivered('Original-Envelope-Id: third')).toString('utf8');
    const entity = parseEntity(mail.replace(/^(?:(?:Return-Path|X-Original-To|Delivered-To):.*\r\n)*/, ''));
    const [text, status] = parseParts(entity);
    expect(entity.fields.get('auto-submitted')).toBe('auto-replied');
    expect(parseFields(status?.body.trimEnd().split('\r\n\r\n')[1] ?? '').get('status')).toBe('4.4.7');
    const told = text === undefined ? '' : decodeBody(text).toString();
    expect(told).toContain('We tried for 10 days without success');
    expect(told).toMatch(/^ +127\.0\.0\.1, last tried on .*:\r\n +\[connection refused\]/m);
  });
});
