/** What of strangers' text people see: nothing that is not drawn, in any output. */
import { describe, expect, test } from 'bun:test';
import { textOf } from '../../src/clients/cli/table.ts';
import { sanitizeText } from '../../src/mail/reply.ts';
import { visible, visibleLines } from '../../src/mail/visible.ts';
import { encodeUtf8Unitext } from '../../src/mail/xtext.ts';
import { createLog, type LogFormat } from '../../src/telemetry/log.ts';

/** Bidi controls and marks, zero-width and filler characters, a C1 control, a tag beyond U+FFFF. */
const HIDDEN = [
  '\u202a',
  '\u202b',
  '\u202c',
  '\u202d',
  '\u202e',
  '\u2066',
  '\u2067',
  '\u2068',
  '\u2069',
  '\u200e',
  '\u200f',
  '\u061c',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\u115f',
  '\u3164',
  '\u{e0041}',
];
const C1 = ['\u0085', '\u009b'];
const hides = (text: string): boolean => [...HIDDEN, ...C1].some((character) => text.includes(character));

describe('each of them', () => {
  test('is spelled out, and letters of every script stay', () => {
    for (const character of [...HIDDEN, ...C1]) expect(visible(`a${character}b`)).toMatch(/^a(?:\\u[0-9a-f]{4})+b$/);
    expect(visible('jürgen@例え.テスト אבג عربي 👍')).toBe('jürgen@例え.テスト אבג عربي 👍');
    expect(visibleLines('a\u202e\nb\u2028c')).toBe(String.raw`a\u202e` + '\nb' + String.raw`\u2028c`);
    expect(visible('\u{e0041}')).toBe(String.raw`\udb40\udc41`);
  });

  test('is spelled out in log lines, and JSON gives it back as it was', () => {
    for (const character of [...HIDDEN, ...C1]) {
      for (const format of ['json', 'pretty'] as const satisfies readonly LogFormat[]) {
        const lines: string[] = [];
        const log = createLog({ level: 'debug', format, write: (line) => lines.push(line), now: () => new Date(0) });
        const message = `user${character}evil@sender.example`;
        log.warning({ where: 'test', message });
        expect(hides(lines[0] ?? character)).toBe(false);
        if (format === 'json') expect((JSON.parse(lines[0] ?? '') as { message: string }).message).toBe(message);
      }
    }
  });

  test('is spelled out in tables, in reports, alert mails and stored replies', () => {
    for (const character of HIDDEN) {
      for (const text of [textOf(`a${character}b`), sanitizeText(`a${character}b`, 100)]) {
        expect(text).toMatch(/^a(?:\\u[0-9a-f]{4})+b$/);
      }
      expect(encodeUtf8Unitext(`ü${character}@example.org`)).toMatch(/^ü\\x\{[0-9A-F]+\}@example\.org$/);
    }
  });
});
