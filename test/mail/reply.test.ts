import { describe, expect, test } from 'bun:test';
import { formatReply, parseReply, sanitizeText, type Reply } from '../../src/mail/reply.ts';
import { pick, random } from './random.ts';

describe('parseReply', () => {
  test.each<[string, Reply | null]>([
    ['250 2.0.0 Ok: queued', { code: 250, enhancedCode: '2.0.0', text: 'Ok: queued' }],
    ['250', { code: 250, enhancedCode: null, text: '' }],
    ['550 No such user\r\n', { code: 550, enhancedCode: null, text: 'No such user' }],
    ['550-5.1.1 No\r\n550 5.1.1 such user\r\n', { code: 550, enhancedCode: '5.1.1', text: 'No\nsuch user' }],
    ['550-5.1.1 No\n550 such user', { code: 550, enhancedCode: '5.1.1', text: 'No\nsuch user' }],
    ['550-\r\n550 5.7.1 no', { code: 550, enhancedCode: '5.7.1', text: '\nno' }],
    ['550 4.1.1 of another class', { code: 550, enhancedCode: null, text: '4.1.1 of another class' }],
    ['550 5.1.1', { code: 550, enhancedCode: '5.1.1', text: '' }],
    ['220-mx ready\r\njunk between\r\n220 go', { code: 220, enhancedCode: null, text: 'mx ready\njunk between\ngo' }],
    ['550-x\r\n554 y', { code: 554, enhancedCode: null, text: 'x\ny' }],
    ['450-x\r\n550 y', null],
    ['550-x\r\n250 y', null],
    ['354 go\n250 2.0.0 Taken', null],
    ['550 a\0b\tc\u0007', { code: 550, enhancedCode: null, text: 'a b c' }],
    ['', null],
    ['hello', null],
    ['HTTP/1.1 200 OK', null],
    ['999 strange', null],
    ['150 early', null],
    ['5501 no', null],
  ])('%j', (lines, expected) => {
    expect(parseReply(lines)).toEqual(expected);
  });

  test('endless replies are cut', () => {
    const reply = parseReply(`${`550-${'x'.repeat(5000)}\r\n`.repeat(1000)}550 end`);
    expect(reply?.code).toBe(550);
    expect(reply?.text.length).toBeLessThanOrEqual(50 * 1025);
  });

  test('property: what is formatted is parsed to the same reply', () => {
    const rng = random(5);
    const words = ['no', 'such', 'user', '5.1', '550', 'ü', '-', ''];
    for (let round = 0; round < 2000; round += 1) {
      const code = 200 + Math.floor(rng() * 400);
      const line = () =>
        sanitizeText(Array.from({ length: Math.floor(rng() * 5) }, () => pick(rng, words)).join(' '), 100);
      const reply: Reply = {
        code,
        enhancedCode:
          rng() < 0.5 || Math.floor(code / 100) === 3 ? null : `${Math.floor(code / 100)}.1.${Math.floor(rng() * 999)}`,
        text: Array.from({ length: 1 + Math.floor(rng() * 3) }, () => line().trimStart()).join('\n'),
      };
      expect(parseReply(formatReply(reply).replaceAll('\n', '\r\n'))).toEqual(reply);
    }
  });
});

describe('formatReply', () => {
  test('one line and several', () => {
    expect(formatReply({ code: 550, enhancedCode: '5.1.1', text: 'No\nsuch user' })).toBe(
      '550-5.1.1 No\n550 5.1.1 such user',
    );
    expect(formatReply({ code: 250, enhancedCode: null, text: '' })).toBe('250');
  });
});

describe('sanitizeText', () => {
  test('leaves one line without controls, cut at a character', () => {
    expect(sanitizeText('a\r\nb\nc\0d\u007fe\u0085f\u2028g\u202eh', 100)).toBe('a b c d e f g\\u202eh');
    expect(sanitizeText('abc😀', 4)).toBe('abc');
    expect(sanitizeText('abc😀', 5)).toBe('abc😀');
    expect(sanitizeText('a\ud800b', 5)).toBe('a\ufffdb');
    expect(sanitizeText('abc', 0)).toBe('');
  });

  test('property: never a control, never longer than asked', () => {
    const rng = random(6);
    for (let round = 0; round < 5000; round += 1) {
      const maxLength = Math.floor(rng() * 20);
      const text = Array.from({ length: 25 }, () =>
        String.fromCharCode(Math.floor(rng() * 65_536) >> pick(rng, [0, 8])),
      ).join('');
      const clean = sanitizeText(text, maxLength);
      expect(clean.length).toBeLessThanOrEqual(maxLength);
      expect(clean).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      expect(clean.isWellFormed()).toBe(true);
    }
  });
});
