import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { type CalloutVerdict, classifyCalloutReply } from '../../src/mail/callout-verdict.ts';
import { parseReply } from '../../src/mail/reply.ts';
import { cpuMsOf } from '../helpers/timing.ts';

const OURS = ['192.0.2.1', '2001:db8::25'];

function verdictOn(lines: string, stage: 'MAIL' | 'RCPT' = 'RCPT'): CalloutVerdict {
  const reply = parseReply(lines);
  if (reply === null) throw new Error(`not a reply: ${lines}`);
  return classifyCalloutReply({ stage, reply }, OURS);
}

/** What servers say to RCPT: who says it (source: their code, documentation or bounces in the wild) and the verbatim reply. */
const UNKNOWN_MAILBOX: readonly (readonly [server: string, reply: string])[] = [
  ['Postfix, local', '550 5.1.1 <x@a.example>: Recipient address rejected: User unknown in local recipient table'],
  ['Postfix, virtual', '550 5.1.1 <x@a.example>: Recipient address rejected: User unknown in virtual mailbox table'],
  ['Postfix, relay', '550 5.1.1 <x@a.example>: Recipient address rejected: User unknown in relay recipient table'],
  ['Postfix, verify', '550 5.1.1 <x@a.example>: Recipient address rejected: undeliverable address: unknown user: "x"'],
  ['Postfix before 2.3', '550 <x@a.example>: Recipient address rejected: User unknown in local recipient table'],
  ['Sendmail', '550 5.1.1 <x@a.example>... User unknown'],
  ['Sendmail 8.9', '550 <x@a.example>... User unknown'],
  ['Exim, default configuration', '550 Unknown user'],
  ['cPanel Exim', '550 No Such User Here'],
  ['cPanel Exim, quoted', '550 "No Such User Here"'],
  ['Exim, callout to the back end', '550-Callout verification failed:\n550 550 5.1.1 <x@a.example>: User unknown'],
  ['qmail, after a patch', '550 sorry, no mailbox here by that name (#5.1.1)'],
  ['qmail with chkuser', '511 sorry, no mailbox here by that name (#5.1.1 - chkuser)'],
  ['qmail, no code', '550 Sorry, no mailbox here by that name.'],
  ['Courier', '550 User unknown.'],
  ['Courier, named', '550 User <x@a.example> unknown'],
  ['MDaemon', '550 <x@a.example>, Recipient unknown'],
  ['Exchange 2013', '550 5.1.1 User unknown'],
  ['Exchange 2016', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'],
  [
    'Exchange Online',
    '550 5.4.1 Recipient address rejected: Access denied. [AM7EUR03FT012.eop-EUR03.prod.protection.outlook.com]',
  ],
  [
    'Gmail',
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n550-5.1.1 unnecessary spaces.\n550 5.1.1 https://support.google.com/mail/?p=NoSuchUser - gsmtp",
  ],
  ['Gmail, disabled', '550 5.2.1 The email account that you tried to reach is disabled.'],
  ['iCloud', '550 5.1.1 <x@a.example>: user does not exist'],
  ['Zoho', '550 5.1.1 User does not exist - <x@a.example>'],
  ['Cisco ESA', '550 #5.1.0 Address rejected.'],
  ['hMailServer', '550 Unknown user'],
  ['SmarterMail', '550 <x@a.example> No such user here'],
  ['Domino', '550 x@a.example... No such user'],
  ['Mercury', '550 <x@a.example>: no such user here.'],
  ['CommuniGate', '550 <x@a.example> unknown user account'],
  ['PMDF', '550 unknown or illegal alias: x@a.example'],
  ['NetEase', '550 User not found: x@a.example'],
  ['QQ', '550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?id=20022'],
  [
    'mail.ru',
    '550 Message was not accepted -- invalid mailbox.  Local mailbox x@a.example is unavailable: user not found',
  ],
  ['Mimecast', '550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550'],
  ['Barracuda', '550 permanent failure for one or more recipients (x@a.example:550 No such user)'],
  ['a mailbox called rbl', '550 5.1.1 <rbl@spamhaus.example>: Recipient address rejected: User unknown'],
  ['a mailbox called sender', '550 sender@a.example: User unknown'],
  ['moved', '551 5.1.6 Mailbox has moved'],
  ['553 for a mailbox', '553 No such user'],
  ['any 5xx with the code', '554 5.1.1 no such mailbox'],
];

/** What must not refuse anybody's mail. */
const NO_VERDICT: readonly (readonly [why: string, reply: string, isBlocking?: boolean])[] = [
  ['GMX: also policy', '550 Requested action not taken: mailbox unavailable'],
  ['Outlook.com', '550 5.5.0 Requested action not taken: mailbox unavailable.'],
  ['Exim: also a domain without a router', '550 Unrouteable address'],
  ['OpenSMTPD: also relaying', '550 Invalid recipient: <x@a.example>'],
  ['Haraka: relaying', '550 I cannot deliver mail for <x@a.example>'],
  ['RFC 5321 §3.4', '551 User not local; please try <x@b.example>'],
  ['a domain off the list', '550 5.7.1 <x@a.example>: Relay access denied', true],
  ['a domain off the list, Exim', '550 relay not permitted'],
  ['a domain off the list, qmail', "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", true],
  ['an unknown user only beside a relay refusal', '550 Relaying denied: user unknown'],
  ['Yandex: a policy code', '550 5.7.1 No such user!', true],
  ['Yahoo: not one of the three codes', "554 delivery error: dd This user doesn't have a yahoo.com account"],
  ['an unknown user without the three codes', '554 User unknown'],
  ['full', '552 5.2.2 Mailbox full'],
  ['full, 550', '550 5.2.2 Over quota'],
  ['Stalwart', '550 5.1.2 Mailbox does not exist.'],
  ['5.4.1 of somebody else', '550 5.4.1 No answer from host'],
  ['harvest limit', '550 Too many unknown user attempts'],
  ['harvest limit', '550 Excessive userid unknowns'],
  ['not meant to last', '550 User unknown, please try again later'],
  ['greylisting by 5xx', '550 greylisted: no such user yet'],
  [
    'Gmail: a rate limit by the code of a disabled mailbox',
    '550-5.2.1 The user you are trying to contact is receiving mail at a rate that\n550-5.2.1 prevents additional messages from being delivered. For more\n550 5.2.1 information, please visit https://support.google.com/mail/?p=ReceivingRatePerm',
  ],
  ['harvest limit with a code', '550 5.1.1 Too many invalid recipients'],
  ['not meant to last, with a code', '550 5.1.0 Address temporarily rejected, try again later'],
  ['a code at odds with the reply', '550 4.1.1 User unknown'],
  ['dialogue', '503 5.5.1 Need MAIL'],
  ['dialogue', '555 5.5.4 Unsupported option'],
  ['no words at all', '550'],
  ['Postfix, blocklist', '554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org', true],
  ['blocklist without a code', '550 Mail from your network is blocked by our RBL', true],
  ['blocklist with a code of the mailbox', '550 5.1.1 User unknown (IP listed at spamhaus)', true],
  ['cPanel', '550 "The account or domain may not exist, they may be blacklisted: No such user"', true],
  ['our address', '550 User unknown to [192.0.2.1]', true],
  ['our address behind one like it', '550 No such user; 192.0.2.10 is not 192.0.2.1', true],
  ['our IPv6 address', '550 5.1.1 Go away, 2001:DB8::25', true],
  ['policy', '550 5.7.1 Delivery not authorized', true],
  // Exim's `verify = sender/callout` speaks at RCPT of the reverse-path, in the words of whom it asked.
  [
    'Exim: our probe sender',
    '550-Verification failed for <probe@mx.example>\n550-Called:   198.51.100.1\n550-Response: 550 5.1.1 User unknown in local recipient table\n550 Sender verify failed',
  ],
  ['Exim: our probe sender, cPanel', '550-Verification failed for <probe@mx.example>\n550-No Such User Here\n550 Bye'],
  // smtpd_reject_unlisted_sender: 5.1.0 is 5.1.1 for the sender's class.
  ['Postfix: our probe sender', '550 5.1.0 <probe@mx.example>: Sender address rejected: User unknown in relay table'],
];

describe('replies of real servers', () => {
  test.each(UNKNOWN_MAILBOX)('%s: negative', (_, reply) => {
    expect(verdictOn(reply)).toEqual({ verdict: 'NEGATIVE', isBlocking: false, isGreylisting: false });
  });

  test.each(NO_VERDICT)('%s: unknown: %s', (_, reply, isBlocking = false) => {
    expect(verdictOn(reply)).toEqual({ verdict: 'UNKNOWN', isBlocking, isGreylisting: false });
  });

  test.each(UNKNOWN_MAILBOX)('%s: says nothing when it answers MAIL', (_, reply) => {
    expect(verdictOn(reply, 'MAIL').verdict).toBe('UNKNOWN');
  });

  test.each(['250 2.1.5 OK', '251 User not local; will forward', '252 Cannot verify', '250-a\n250 b'])(
    '%s: positive at RCPT only',
    (reply) => {
      expect(verdictOn(reply).verdict).toBe('POSITIVE');
      expect(verdictOn(reply, 'MAIL').verdict).toBe('UNKNOWN');
    },
  );

  test.each([
    ['Postgrey', '450 4.2.0 <x@a.example>: Recipient address rejected: Greylisted'],
    ['OpenBSD spamd', '451 Temporary failure, please try again later.'],
    ['Postfix, verify', '450 4.1.1 <x@a.example>: Recipient address rejected: unverified address: User unknown'],
    ['no room', '452 4.2.2 Mailbox full'],
  ])('%s: greylisting, never negative', (_, reply) => {
    expect(verdictOn(reply)).toEqual({ verdict: 'UNKNOWN', isBlocking: false, isGreylisting: true });
    expect(verdictOn(reply, 'MAIL').isGreylisting).toBe(false);
  });

  test('421 and a missing reply say nothing; a 4xx may still be blocking', () => {
    expect(verdictOn('421 4.3.2 Shutting down')).toEqual({
      verdict: 'UNKNOWN',
      isBlocking: false,
      isGreylisting: false,
    });
    expect(classifyCalloutReply({ stage: 'RCPT', reply: null }).verdict).toBe('UNKNOWN');
    expect(verdictOn('450 4.7.1 Client host blocked using bl.spamcop.net').isBlocking).toBe(true);
    expect(verdictOn('550 5.7.1 No bounces', 'MAIL').isBlocking).toBe(true);
  });
});

describe('properties', () => {
  const code = fc.integer({ min: 200, max: 599 });
  const enhanced = fc.option(
    fc.tuple(fc.constantFrom(2, 4, 5), fc.nat(9), fc.nat(30)).map((parts) => parts.join('.')),
    { nil: null },
  );
  const words = fc.constantFrom(
    'User unknown',
    'no such user',
    'Recipient address rejected',
    'blocked',
    'sender',
    'x@a',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 4 }).map((parts) => parts.join(' ')),
  );
  const reply = fc.record({ code, enhancedCode: enhanced, text });
  const NEGATIVE_CODES = new Set(['5.1.0', '5.1.1', '5.1.3', '5.1.6', '5.1.10', '5.2.1', '5.4.1']);

  test('negative needs a 5xx to RCPT and one of the two grounds; a flag never stands beside a verdict', () => {
    fc.assert(
      fc.property(reply, fc.constantFrom('MAIL' as const, 'RCPT' as const), (given, stage) => {
        const { verdict, isBlocking, isGreylisting } = classifyCalloutReply({ stage, reply: given }, OURS);
        if (verdict !== 'UNKNOWN') expect([isBlocking, isGreylisting, stage]).toEqual([false, false, 'RCPT']);
        if (verdict === 'POSITIVE') expect(Math.floor(given.code / 100)).toBe(2);
        if (verdict !== 'NEGATIVE') return;
        expect(Math.floor(given.code / 100)).toBe(5);
        const byText = given.enhancedCode === null && [550, 551, 553].includes(given.code);
        expect(byText || NEGATIVE_CODES.has(given.enhancedCode ?? '')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('case, padding and line breaks change nothing', () => {
    const change = fc.constantFrom<(s: string) => string>(
      (s) => s.toUpperCase(),
      (s) => s.toLowerCase(),
      (s) => `${s} `,
      (s) => s.replace(/(?<=[a-z]) (?=[a-z])/, '  '),
    );
    const known = fc.constantFrom(...UNKNOWN_MAILBOX.map(([, lines]) => lines));
    fc.assert(
      fc.property(known, change, (lines, changed) => {
        expect(verdictOn(changed(lines)).verdict).toBe('NEGATIVE');
      }),
    );
  });

  test('our address or a blocklist anywhere in the text takes the refusal back', () => {
    const known = fc.constantFrom(...UNKNOWN_MAILBOX.map(([, lines]) => lines));
    fc.assert(
      fc.property(known, fc.constantFrom('(192.0.2.1)', 'see spamhaus', 'from [2001:db8::25]'), (lines, more) => {
        expect(verdictOn(`${lines} ${more}`)).toEqual({ verdict: 'UNKNOWN', isBlocking: true, isGreylisting: false });
      }),
    );
  });

  test('the longest text a reply may have is judged in no time', () => {
    const hostile = ['<', '@', 'a', 'user ', '<a@', '192.0.2.1'].map((piece) => piece.repeat(60_000).slice(0, 51_000));
    const tookMs = cpuMsOf(() => {
      for (const text of hostile)
        classifyCalloutReply({ stage: 'RCPT', reply: { code: 550, enhancedCode: null, text } }, OURS);
    });
    expect(tookMs).toBeLessThan(1000);
  });
});
