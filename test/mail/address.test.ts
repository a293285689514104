import { describe, expect, test } from 'bun:test';
import { formatAddress, isAddress, type ParsedPath, parsePath } from '../../src/mail/address.ts';
import { literalOf, normalizeDomain, normalizeLiteral } from '../../src/mail/domain.ts';
import { pick, random } from './random.ts';

const RCPT = { allowNull: false, smtpUtf8: false };
const UTF8 = { allowNull: false, smtpUtf8: true };

function addressOf(parsed: ParsedPath): string {
  return parsed.kind === 'PATH' ? parsed.path.address : parsed.kind === 'INVALID' ? parsed.code : parsed.kind;
}

describe('parsePath', () => {
  test.each([
    ['<user@example.org>', 'user@example.org'],
    ['<User.Name+tag@EXAMPLE.Org>', 'User.Name+tag@example.org'],
    ['<user@example.org.>', 'user@example.org'],
    ['<"user"@example.org>', 'user@example.org'],
    ['<"a b"@example.org>', '"a b"@example.org'],
    ['<"a\\"b\\\\c\\d"@example.org>', '"a\\"b\\\\cd"@example.org'],
    ['<"a@b>c"@example.org>', '"a@b>c"@example.org'],
    ['<a..b.@example.org>', '"a..b."@example.org'],
    ['<@one.example,@two.example:user@example.org>', 'user@example.org'],
    ['<user%other.example@example.org>', 'user%other.example@example.org'],
    ['<other.example!user@example.org>', 'other.example!user@example.org'],
    ['<user@[192.0.2.1]>', 'user@[192.0.2.1]'],
    ['<user@[ipv6:2001:DB8::1]>', 'user@[IPv6:2001:db8::1]'],
    ['<user@my_host.example.org>', 'user@my_host.example.org'],
    ['<user@localhost>', 'user@localhost'],
    ['<postmaster>', 'POSTMASTER'],
    ['<PostMaster>', 'POSTMASTER'],
    ['<PostMaster@example.org>', 'PostMaster@example.org'],
  ])('%s is %s', (text, expected) => {
    expect(addressOf(parsePath(text, RCPT))).toBe(expected);
  });

  test.each([
    '',
    '<',
    'user@example.org',
    '<user>',
    '<@example.org>',
    '<""@example.org>',
    '<user@>',
    '<user@@example.org>',
    '<us er@example.org>',
    '<user@exam ple.org>',
    '<user@-example.org>',
    '<user@example-.org>',
    '<user@example..org>',
    '<user@.example.org>',
    '<user@192.0.2.1>',
    '<user@[192.0.2.256]>',
    '<user@[fe80::1]>',
    '<user@[IPv6:fe80::1%eth0]>',
    '<user@[192.0.2.1>',
    '<"user@example.org>',
    '<"a"b@example.org>',
    '<"a\r\nRCPT TO:<x@y>"@example.org>',
    '<user\0@example.org>',
    '<user@example.org\r\n>',
    '<user@example.org> SIZE=1',
    '<ü@example.org>',
    '<user@bücher.example>',
    '<@one.example:@two.example:user@example.org>',
    '<user,other@example.org>',
    '<<user@example.org>>',
    `<user@${'a'.repeat(64)}.example>`,
  ])('%j is a syntax error', (text) => {
    expect(addressOf(parsePath(text, RCPT))).toBe('SYNTAX');
  });

  test('the null path is for MAIL only', () => {
    expect(parsePath('<>', { allowNull: true, smtpUtf8: false })).toEqual({ kind: 'NULL' });
    expect(addressOf(parsePath('<>', RCPT))).toBe('SYNTAX');
  });

  test('limits are octets: 64, 255 and 256', () => {
    expect(addressOf(parsePath(`<${'a'.repeat(64)}@example.org>`, RCPT))).toBe(`${'a'.repeat(64)}@example.org`);
    expect(addressOf(parsePath(`<${'a'.repeat(65)}@example.org>`, RCPT))).toBe('LENGTH');
    expect(addressOf(parsePath(`<${'ü'.repeat(33)}@example.org>`, UTF8))).toBe('LENGTH');
    const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}`;
    expect(addressOf(parsePath(`<${'a'.repeat(62)}@${domain}>`, RCPT))).toHaveLength(254);
    expect(addressOf(parsePath(`<${'a'.repeat(63)}@${domain}>`, RCPT))).toBe('LENGTH');
    expect(addressOf(parsePath(`<a@${'d.'.repeat(130)}org>`, RCPT))).toBe('LENGTH');
  });

  test('a canonical spelling that would be too long is refused, so that it can always be sent on', () => {
    const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}`;
    expect(addressOf(parsePath(`<${'a'.repeat(61)}.@${domain}>`, RCPT))).toBe('LENGTH');
  });

  test('SMTPUTF8: local part kept, U-label and A-label are one domain', () => {
    expect(addressOf(parsePath('<Jürgen@Bücher.example>', UTF8))).toBe('Jürgen@xn--bcher-kva.example');
    expect(addressOf(parsePath('<用户@例え。テスト>', UTF8))).toBe('用户@xn--r8jz45g.xn--zckzah');
    expect(addressOf(parsePath('<\ufffd@example.org>', UTF8))).toBe('SYNTAX');
    expect(addressOf(parsePath('<\ud800@example.org>', UTF8))).toBe('SYNTAX');
    expect(addressOf(parsePath('<"\u0085"@example.org>', UTF8))).toBe('SYNTAX');
  });

  test('property: the canonical spelling parses to itself, whatever the local part', () => {
    const rng = random(1);
    const characters = [...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), 'ü', '例', '😀'];
    for (let round = 0; round < 3000; round += 1) {
      const localPart = Array.from({ length: 1 + Math.floor(rng() * 12) }, () => pick(rng, characters)).join('');
      const address = formatAddress(localPart, 'example.org');
      const parsed = parsePath(`<${address}>`, UTF8);
      if (localPart === '.' || parsed.kind !== 'PATH') {
        expect(parsed.kind).toBe('PATH');
        continue;
      }
      expect(parsed.path).toEqual({ localPart, domain: 'example.org', address });
    }
  });

  test('property: junk never throws and never leaves a control character', () => {
    const rng = random(2);
    const characters = [
      '<',
      '>',
      '@',
      '"',
      '\\',
      '.',
      ',',
      ':',
      '[',
      ']',
      '\r',
      '\n',
      '\0',
      ' ',
      'a',
      'b',
      'ü',
      '\u2028',
      '\ud800',
    ];
    for (let round = 0; round < 20_000; round += 1) {
      const junk = Array.from({ length: Math.floor(rng() * 14) }, () => pick(rng, characters)).join('');
      const parsed = parsePath(`<${junk}>`, { allowNull: true, smtpUtf8: rng() < 0.5 });
      if (parsed.kind === 'PATH') expect(parsed.path.address).not.toMatch(/[\u0000-\u001f\u007f\u2028\ud800]/);
    }
  });
});

describe('isAddress', () => {
  test('takes one mailbox, no path syntax', () => {
    expect(isAddress('postmaster@example.org')).toBe(true);
    for (const text of [
      '',
      'postmaster',
      '<a@b.example>',
      '@a.example:b@c.example',
      'a@b.example\n',
      'a@b@c.example',
    ]) {
      expect(isAddress(text)).toBe(false);
    }
  });
});

describe('normalizeDomain', () => {
  test.each([
    ['Example.ORG', 'example.org'],
    ['example.org.', 'example.org'],
    ['Bücher.Example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['straße.de', 'xn--strae-oqa.de'],
    ['3com.example', '3com.example'],
  ])('%s becomes %s', (text, expected) => {
    expect(normalizeDomain(text)).toBe(expected);
  });

  test.each([
    '',
    '.',
    '..',
    'a..b',
    '-a.example',
    'a-.example',
    'a b.example',
    'a_b.example',
    '192.0.2.1',
    '１.２.３.４',
  ])('%j is no domain', (text) => {
    expect(normalizeDomain(text)).toBeNull();
  });

  test.each(['*.example', 'a/b', 'ü%41.de', 'a\u200db.de', '\ud800.de', 'ex\0ample', `${'a'.repeat(64)}.de`])(
    '%j is no domain either',
    (text) => {
      expect(normalizeDomain(text)).toBeNull();
    },
  );

  test('253 characters are the most', () => {
    const longest = `${`${'a'.repeat(62)}.`.repeat(4)}a`;
    expect(longest).toHaveLength(253);
    expect(normalizeDomain(longest)).toBe(longest);
    expect(normalizeDomain(`${longest}a`)).toBeNull();
    expect(normalizeDomain('ü'.repeat(100_000))).toBeNull();
  });
});

describe('address literals', () => {
  test('are checked and written one way', () => {
    expect(normalizeLiteral('[IPV6:2001:DB8::1]')).toBe('[IPv6:2001:db8::1]');
    expect(normalizeLiteral('[x-tag:foo]')).toBeNull();
    expect(literalOf('192.0.2.1')).toBe('[192.0.2.1]');
    expect(literalOf('2001:db8::1')).toBe('[IPv6:2001:db8::1]');
    expect(literalOf('mail.example')).toBeNull();
  });
});
