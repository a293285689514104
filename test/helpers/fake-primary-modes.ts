/**
 * What a fake primary can be told to do: by the local part of a recipient, and as a whole.
 *
 * Local parts win over nothing: a whole-server mode that refuses earlier is heard first.
 */

export interface FakePrimaryModes {
  /** Replaces the greeting; several lines may be joined by CRLF. */
  readonly greeting: string | null;
  /** Replaces the reply to EHLO. */
  readonly ehlo: string | null;
  /** Replaces the reply to HELO. */
  readonly helo: string | null;
  /** Replaces the reply to MAIL. */
  readonly mailFrom: string | null;
  /** Replaces the reply to every RCPT. */
  readonly rcpt: string | null;
  /** The reply to MAIL, or null for the usual one. Heard before `mailFrom`. */
  readonly mailVerdict: ((reversePath: string) => string | null) | null;
  /** The reply to RCPT, or null for the usual one. Heard before `rcpt`. */
  readonly rcptVerdict: ((address: string, reversePath: string) => string | null) | null;
  /** 451 to the first RCPT of every recipient. */
  readonly greylisting: boolean;
  /** Replaces the reply to RSET. */
  readonly rset: string | null;
  /** Attributes behind XFORWARD in the reply to EHLO; null: not offered. */
  readonly xforward: string | null;
  /** Replaces the reply to XFORWARD. */
  readonly xforwardReply: string | null;
  /** Replaces the reply to DATA. */
  readonly data: string | null;
  /** Replaces the reply to the final dot; the message is then not recorded unless it begins with 250. */
  readonly dot: string | null;
  /** What MAIL in a session has to wait for. */
  readonly mailGate: ((sessionNumber: number) => Promise<void>) | null;
  /** What a message of so many octets has to wait for behind its dot. */
  readonly dotGate: ((sizeBytes: number) => Promise<void>) | null;
  /** What every reply has to wait for. */
  readonly replyGate: (() => Promise<void>) | null;
  /** Closes the connection where this step begins, without a word. */
  readonly dropAt: 'GREETING' | 'EHLO' | 'STARTTLS' | 'MAIL' | 'RCPT' | 'DATA' | null;
  /** Says nothing any more from this step on, and keeps the connection. */
  readonly silentAt: 'GREETING' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'DOT' | null;
  /** Stops reading when the content comes. */
  readonly stopsReading: boolean;
  /** Delay before every reply. */
  readonly tarpitMs: number;
  readonly replyStyle: 'PLAIN' | 'MULTILINE' | 'ONE_CHARACTER' | 'LONG_LINE';
  readonly pipelining: boolean;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly dsn: boolean;
  readonly startTls: 'WORKS' | 'ABSENT' | 'REFUSED' | 'BROKEN' | 'INJECTED';
  readonly sizeLimitBytes: number | null;
  /** Closes the session with 421 after this many messages. */
  readonly messagesPerSession: number;
  /** Greets with 421 while so many sessions are open. */
  readonly sessionsAtOnce: number;
}

export const PLAIN_MODES: FakePrimaryModes = {
  greeting: null,
  ehlo: null,
  helo: null,
  mailFrom: null,
  rcpt: null,
  mailVerdict: null,
  rcptVerdict: null,
  greylisting: false,
  rset: null,
  xforward: null,
  xforwardReply: null,
  data: null,
  dot: null,
  mailGate: null,
  dotGate: null,
  replyGate: null,
  dropAt: null,
  silentAt: null,
  stopsReading: false,
  tarpitMs: 0,
  replyStyle: 'PLAIN',
  pipelining: true,
  eightBitMime: true,
  smtpUtf8: true,
  dsn: true,
  startTls: 'WORKS',
  sizeLimitBytes: 52_428_800,
  messagesPerSession: Number.POSITIVE_INFINITY,
  sessionsAtOnce: Number.POSITIVE_INFINITY,
};

/** Whole-server modes by name. Each starts from the plain one; `plain` undoes them. */
export const NAMED_MODES = {
  plain: {},
  greeting554: { greeting: '554 5.7.1 We do not talk to you' },
  greeting421: { greeting: '421 4.3.2 Too busy' },
  ehlo5xx: { ehlo: '550 5.7.1 Go away', helo: '550 5.7.1 Go away' },
  tarpit: { tarpitMs: 50 },
  multiline: { replyStyle: 'MULTILINE' },
  oneCharacter: { replyStyle: 'ONE_CHARACTER' },
  longLines: { replyStyle: 'LONG_LINE' },
  junk: { mailFrom: 'Guru Meditation #00000004', rcpt: '<html>', data: '999 what', dot: '2ok' },
  junkGreeting: { greeting: 'SSH-2.0-OpenSSH_9.2' },
  noPipelining: { pipelining: false },
  noStartTls: { startTls: 'ABSENT' },
  brokenStartTls: { startTls: 'BROKEN' },
  smallSize: { sizeLimitBytes: 1000 },
  greylisting: { greylisting: true },
  catchAll: { rcpt: '250 2.1.5 Anybody is welcome' },
  /** Takes no bounces at all. */
  hatesNullSender: { mailVerdict: (reversePath) => (reversePath === '' ? '550 5.7.1 No bounces here' : null) },
  mailFrom5xx: { mailFrom: '550 5.1.8 Sender address rejected' },
} as const satisfies Record<string, Partial<FakePrimaryModes>>;

export type ModeName = keyof typeof NAMED_MODES;

export interface LocalPartBehaviour {
  /** Reply to RCPT instead of 250. */
  readonly rcpt?: string;
  /** Only the first RCPT of a recipient gets `rcpt`. */
  readonly isOnce?: boolean;
  /** Reply to the final dot instead of 250. */
  readonly dot?: string;
  readonly drop?: 'AT_RCPT' | 'IN_CONTENT' | 'AFTER_DOT';
  /** Not a word from its RCPT on; the connection stays. */
  readonly isSilent?: boolean;
  readonly delayMs?: number;
}

/** Recipients that decide what happens, whatever their domain. Every other local part is accepted. */
export const LOCAL_PARTS: { readonly [localPart: string]: LocalPartBehaviour } = {
  tempfail: { rcpt: '451 4.3.0 Try again later' },
  permfail: { rcpt: '550 5.1.1 No such user here' },
  greylist: { rcpt: '451 4.7.1 Greylisted, please try again', isOnce: true },
  mailboxfull: { rcpt: '552 5.2.2 Mailbox full' },
  toomany: { rcpt: '552 5.5.3 Too many recipients' },
  policy: { rcpt: '550 5.7.1 Delivery not authorized' },
  blocklisted: { rcpt: '554 Service unavailable; Client host blocked using zen.spamhaus.org' },
  closing: { rcpt: '421 4.3.2 Shutting down' },
  'drop-at-rcpt': { drop: 'AT_RCPT' },
  'drop-in-data': { drop: 'IN_CONTENT' },
  'drop-after-data': { drop: 'AFTER_DOT' },
  'tempfail-data': { dot: '451 4.3.0 Cannot store it now' },
  'permfail-data': { dot: '554 5.6.0 Message content rejected' },
  slow: { delayMs: 150 },
  silent: { isSilent: true },
};
