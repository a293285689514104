/** Command arguments and reply lines, without a socket. */
import { describe, expect, test } from 'bun:test';
import { parseMailParameters, parseRcptParameters, splitMail, splitRcpt } from '../../src/inbound/transaction.ts';
import { createRefusals, formatReply } from '../../src/inbound/replies.ts';
import { cpuMsOf } from '../helpers/timing.ts';

describe('splitMail and splitRcpt', () => {
  test('find the path, also with brackets and spaces inside quotes', () => {
    expect(splitMail('MAIL FROM:<a@b>')).toEqual({ path: '<a@b>', parameters: [] });
    expect(splitMail('mail  from : <a@b>  SIZE=1\tRET=FULL ')).toEqual({
      path: '<a@b>',
      parameters: ['SIZE=1', 'RET=FULL'],
    });
    expect(splitRcpt('RCPT TO:<"a> \\" <b"@c> X=1')).toEqual({ path: '<"a> \\" <b"@c>', parameters: ['X=1'] });
    expect(splitRcpt('RCPT TO:<@a,@b:c@d>')).toEqual({ path: '<@a,@b:c@d>', parameters: [] });
  });

  test('refuse what has no path in brackets', () => {
    for (const line of [
      'MAIL',
      'MAIL FROM:',
      'MAIL FROM:a@b',
      'MAIL FROM:<a@b',
      'MAIL FROM:<"a@b>',
      'MAILFROM:<a@b>',
    ]) {
      expect(splitMail(line), line).toBeNull();
    }
    for (const line of ['MAIL FROM:<a@b>X', 'MAIL FROM:<a@b>\rX', 'MAIL FROM:<<a@b>>', 'RCPT TO:<a@b>']) {
      expect(splitMail(line), line).toBeNull();
    }
  });

  test('take time in proportion to the length', () => {
    const tookMs = cpuMsOf(() => {
      expect(splitMail(`MAIL FROM:<${'"a"'.repeat(1300)}`)).toBeNull();
      expect(splitMail(`MAIL FROM:<"${'\\a'.repeat(2000)}`)).toBeNull();
    });
    expect(tookMs).toBeLessThan(200);
  });
});

describe('parameters', () => {
  test('keep DSN values exactly', () => {
    expect(parseMailParameters(['ret=full', 'ENVID=a+2Bb+20c', 'size=007', 'body=7bit', 'SMTPUTF8'])).toEqual({
      ret: 'FULL',
      envelopeId: 'a+2Bb+20c',
      sizeBytes: 7,
      body: '7BIT',
      smtpUtf8: true,
    });
    expect(parseRcptParameters(['NOTIFY=FAILURE,DELAY', 'ORCPT=RFC822;A+3DB@c.example'])).toEqual({
      notify: ['FAILURE', 'DELAY'],
      originalRecipient: 'RFC822;A+3DB@c.example',
    });
  });

  test('refuse what is too long or repeated', () => {
    expect(parseMailParameters([`ENVID=${'x'.repeat(100)}`])).toMatchObject({ envelopeId: 'x'.repeat(100) });
    for (const word of [`ENVID=${'x'.repeat(101)}`, 'ENVID=+7F', 'ENVID=a+b', 'SIZE=1.5', 'BODY', 'RET']) {
      expect(parseMailParameters([word]), word).toHaveProperty('refusal.line.code', 501);
    }
    for (const word of [
      `ORCPT=rfc822;${'x'.repeat(500)}`,
      'ORCPT=rfc822;',
      'NOTIFY=SUCCESS,SUCCESS',
      'NOTIFY=NEVER,NEVER',
    ]) {
      expect(parseRcptParameters([word]), word).toHaveProperty('refusal.line.code', 501);
    }
    for (const word of ['constructor', '__proto__=1', '=', '==', 'X-Y=1', 'é']) {
      expect(parseRcptParameters([word]), word).toHaveProperty('refusal.line.code', 555);
    }
  });
});

describe('replies', () => {
  test('end with the code and its page, on one line of at most 512 octets', () => {
    const line = {
      code: 550,
      enhancedCode: '5.7.1',
      text: `a\r\nb\0é ${'x'.repeat(600)}`,
      rejection: 'BMX-RELAY',
    } as const;
    const { wire } = formatReply(line, 'https://mx.example');
    expect(wire).toStartWith('550 5.7.1 a??b?? x');
    expect(wire).toEndWith('x BMX-RELAY https://mx.example/reject/BMX-RELAY\r\n');
    expect(wire).toHaveLength(512);
  });

  test('a reference stands before the code, also when the text is cut, and never without a code', () => {
    const line = { code: 550, enhancedCode: '5.1.1', text: 'no', rejection: 'BMX-USER' } as const;
    expect(formatReply(line, 'https://mx.example', 'R').wire).toBe(
      '550 5.1.1 no (reference R) BMX-USER https://mx.example/reject/BMX-USER\r\n',
    );
    const long = formatReply({ ...line, text: 'x'.repeat(600) }, 'https://mx.example', 'R').wire;
    expect(long).toEndWith('xx (reference R) BMX-USER https://mx.example/reject/BMX-USER\r\n');
    expect(long).toHaveLength(512);
    expect(formatReply({ ...line, rejection: null }, 'https://mx.example', 'R').wire).toBe('550 5.1.1 no\r\n');
  });

  test('every refusal has the codes of its page', () => {
    const refusals = createRefusals('https://mx.example/');
    expect(refusals.tooBig(10).wire).toMatch(
      /^552 5\.3\.4 .*10 bytes.* BMX-SIZE https:\/\/mx\.example\/reject\/BMX-SIZE\r\n$/,
    );
    const { tooBig, format, ...constants } = refusals;
    for (const reply of [...Object.values(constants), tooBig(1)]) {
      const { code, enhancedCode, rejection } = reply.line;
      expect(enhancedCode[0]).toBe(String(code)[0]);
      if (rejection !== null) expect(reply.wire).toEndWith(` ${rejection} https://mx.example/reject/${rejection}\r\n`);
    }
    expect(format({ code: 450, enhancedCode: '4.2.1', text: 'later', rejection: null }).wire).toBe(
      '450 4.2.1 later\r\n',
    );
  });
});
