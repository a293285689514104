/**
 * A small SMTP server on paper: what may be answered to a stream of octets, and which messages are then accepted.
 *
 * Written from RFC 5321 (and 1870, 1985, 3030, 3207, 3461, 6152, 6531 where they add a word), not from src, so that the two can
 * disagree. Three kinds of judgement on a command: it must be taken, it must be refused, or a server may do either; in the
 * last case the server's own answer decides how the session goes on. Strict where a wrong 250 would be: the end of data, the
 * order of commands, whose recipient it is, and the content of every message.
 */
import { type Judged, judgeMail, judgeRcpt } from './reference-path.ts';

export interface Rules {
  readonly bareNewlines: 'reject' | 'normalize';
  readonly sizeLimitBytes: number;
  /** The session is under TLS from its start: there is no second STARTTLS (RFC 3207 §4.2). */
  readonly isSecure?: boolean;
  /** What the policy says of a mailbox, both parts as the client wrote them; `postmaster` comes with an empty domain. */
  readonly recipient: (localPart: string, domain: string) => 'OK' | 'REFUSED' | 'LATER' | 'EITHER';
  /** True when storing fails for these recipients, so that the final reply is 4yz. */
  readonly isStoreBroken?: (recipients: readonly string[]) => boolean;
}

/** A message that the server has taken over, by its 250 to the final dot. */
export interface AcceptedMessage {
  /** The words of the 250. */
  readonly reply: string;
  /** As the client wrote it, without the brackets; null is `<>`, undefined is an odd spelling that a server may write anew. */
  readonly reversePath: string | null | undefined;
  /** As the client wrote them, without the brackets, only those answered 250. */
  readonly recipients: readonly string[];
  /** Latin-1, dots un-stuffed. */
  readonly content: string;
}

export interface Verdict {
  /** The first thing that must not be, or null. */
  readonly complaint: string | null;
  readonly messages: readonly AcceptedMessage[];
}

export interface HeardReply {
  readonly code: number;
  readonly text: string;
}

/** From here on a server may answer 421 and close, whatever comes. */
const FEW_ERRORS = 9;
/** RFC 5321 §4.5.3.1.4: so long a line must be taken. */
const SURE_LINE_OCTETS = 512;
/** No server has to read longer ones, and ours says 500. */
const LONGEST_LINE_OCTETS = 4096;

class Complaint extends Error {}

/** Judges what the server said (`heard`) to what the client sent (`sent`, Latin-1), from the greeting to the close. */
export function judge(sent: string, heard: string, rules: Rules): Verdict {
  const messages: AcceptedMessage[] = [];
  try {
    new PaperServer(sent, readReplies(heard), rules, messages).walk();
    return { complaint: null, messages };
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { complaint: error.message, messages };
  }
}

/** RFC 5321 §4.2: lines of at most 512 octets, printable, one code per reply. */
function readReplies(heard: string): HeardReply[] {
  // Behind 220 to STARTTLS the server speaks TLS: an alert, to what is no handshake.
  const lines = heard.replace(/(\r\n220 [^\r\n]*\r\n)\x15\x03[^]*$/, '$1').split('\r\n');
  if (lines.pop() !== '') throw new Complaint(`half a reply: ${JSON.stringify(heard.slice(-80))}`);
  const replies: HeardReply[] = [];
  let begun: HeardReply | null = null;
  for (const line of lines) {
    const match = /^([2-5][0-9][0-9])([ -])([ -~]*)$/.exec(line);
    if (match === null || line.length > 510) throw new Complaint(`no reply line: ${JSON.stringify(line)}`);
    const code = Number(match[1]);
    if (begun !== null && begun.code !== code) throw new Complaint(`codes differ within one reply: ${line}`);
    const reply: HeardReply = { code, text: begun === null ? (match[3] ?? '') : `${begun.text}\n${match[3]}` };
    begun = match[2] === '-' ? reply : null;
    if (begun === null) replies.push(reply);
  }
  if (begun !== null) throw new Complaint(`a reply without its last line: ${begun.text}`);
  return replies;
}

interface Mail {
  readonly path: string | null | undefined;
  readonly isUtf8: boolean;
  readonly recipients: string[];
}

interface TakeOptions {
  /** 421 may come instead. */
  readonly mayClose?: boolean;
  /** No enhanced code is due. */
  readonly isPlain?: boolean;
}

/** Walks the stream once, taking one reply for every command. */
class PaperServer {
  readonly sent: string;
  readonly replies: HeardReply[];
  readonly rules: Rules;
  readonly messages: AcceptedMessage[];
  at = 0;
  isGreeted = false;
  isEnded = false;
  isLongLine = false;
  errors = 0;
  mail: Mail | null = null;

  constructor(sent: string, replies: HeardReply[], rules: Rules, messages: AcceptedMessage[]) {
    this.sent = sent;
    this.replies = replies;
    this.rules = rules;
    this.messages = messages;
  }

  walk(): void {
    this.take('the connection', '2', { isPlain: true });
    while (!this.isEnded) {
      // Deviates from RFC 5321 §2.3.8 as all servers do: a lone LF ends a command, never a line of content.
      const lf = this.sent.indexOf('\n', this.at);
      if (lf < 0) break;
      const line = this.sent.slice(this.at, this.sent[lf - 1] === '\r' && lf > this.at ? lf - 1 : lf);
      this.at = lf + 1;
      this.onLine(line);
    }
    // Who says nothing more may be told so.
    if (this.replies[0]?.code === 421) this.replies.shift();
    const [more] = this.replies;
    if (more !== undefined) throw new Complaint(`a reply to nothing: ${more.code} ${more.text}`);
  }

  /** The next reply, which must be of one of these classes, or a 421 where one may come. */
  take(what: string, classes: string, options: TakeOptions = {}): HeardReply {
    const reply = this.replies.shift();
    const asked = JSON.stringify(what.length > 120 ? `${what.slice(0, 120)}…` : what);
    if (reply === undefined) throw new Complaint(`no reply to ${asked}`);
    const { code, text } = reply;
    // 459 is a guess at a domain (RFC 1985).
    if (code >= 500 || code === 459) this.errors += 1;
    const allowed = `${classes}${this.isLongLine ? '5' : ''}`;
    if (code === 421 && (options.mayClose === true || this.errors >= FEW_ERRORS)) this.isEnded = true;
    else if (!allowed.includes(String(code).slice(0, 1))) {
      throw new Complaint(`${asked} was answered ${code} ${text}, and only ${allowed} may come`);
    }
    // RFC 2034: every 2yz, 4yz and 5yz but those to EHLO and HELO, of the code's class.
    const enhanced = new RegExp(`^${String(code)[0]}\\.\\d{1,3}\\.\\d{1,3} `);
    if (options.isPlain !== true && code !== 354 && !enhanced.test(text)) {
      throw new Complaint(`no enhanced code of its class: ${code} ${text}`);
    }
    return reply;
  }

  /** Takes the reply; true when it was yes. */
  isTaken(what: string, classes: string, options: TakeOptions = {}): boolean {
    return this.take(what, classes, options).code < 400;
  }

  onLine(line: string): void {
    this.isLongLine = line.length > SURE_LINE_OCTETS - 2;
    if (line.length > LONGEST_LINE_OCTETS) {
      this.take(line, '5');
      return;
    }
    const verb = /^([A-Za-z]+)(?= |$)/.exec(line)?.[1]?.toUpperCase() ?? '';
    const argument = line.slice(verb.length).trim();
    const shy = argument === '' ? '2' : '25';
    if (verb === 'EHLO' || verb === 'HELO') this.onGreeting(line, argument);
    else if (verb === 'MAIL') this.onMail(line);
    else if (verb === 'RCPT') this.onRcpt(line);
    else if (verb === 'DATA') this.onData(line);
    else if (verb === 'BDAT') this.onBdat(line);
    else if (verb === 'STARTTLS') this.onStartTls(line);
    // RFC 1985 §5: nobody here may start a queue, and not within a transaction; a node that is none is a matter of syntax.
    else if (verb === 'ETRN') this.take(line, this.isGreeted && this.mail === null ? '45' : '5');
    else if (verb === 'QUIT') this.isEnded ||= this.isTaken(line, shy);
    else if (verb === 'RSET') this.mail = this.isTaken(line, shy) ? null : this.mail;
    else if (verb === 'NOOP') this.take(line, '2');
    else if (verb === 'HELP' || verb === 'VRFY') this.take(line, '25');
    // A web page that was made to talk to us may be cut off at once.
    else this.take(line, '5', { mayClose: /^[A-Za-z]+ \/.* HTTP\//i.test(line) });
  }

  /** An odd name is no reason to refuse (RFC 5321 §4.1.4), a name that is no text may be. */
  onGreeting(line: string, name: string): void {
    const classes = name === '' ? '5' : /^[!-~]+$/.test(name) ? '2' : '25';
    if (!this.isTaken(line, classes, { isPlain: true })) return;
    this.isGreeted = true;
    this.mail = null;
  }

  onMail(line: string): void {
    const judged = judgeMail(line, this.rules.sizeLimitBytes);
    const isOutOfOrder = !this.isGreeted || this.mail !== null;
    if (!this.isTaken(line, isOutOfOrder ? '5' : judged.classes)) return;
    this.mail = { path: judged.path, isUtf8: judged.isUtf8, recipients: [] };
  }

  onRcpt(line: string): void {
    const { mail } = this;
    const judged = judgeRcpt(line, mail?.isUtf8 === true);
    const isTaken = this.isTaken(line, mail === null ? '5' : rcptClasses(judged, this.rules));
    if (isTaken) mail?.recipients.push(judged.path ?? '');
  }

  onData(line: string): void {
    const { mail } = this;
    const isRight = mail !== null && mail.recipients.length > 0 && /^data[ \t]*$/i.test(line);
    if (!this.isTaken(line, isRight ? '3' : '5') || mail === null) return;
    const { end, isUnsafe, content } = readData(this.sent.slice(this.at));
    this.mail = null;
    this.isLongLine = false;
    this.at = end < 0 ? this.sent.length : this.at + end;
    if (end < 0) this.isEnded = true;
    else this.onContent(mail, isUnsafe, content);
  }

  onContent({ path, recipients }: Mail, isUnsafe: boolean, content: string): void {
    const { bareNewlines, sizeLimitBytes, isStoreBroken } = this.rules;
    const isRefused = isUnsafe && bareNewlines === 'reject';
    const normal = isUnsafe ? normalized(content) : content;
    const traceFields = normal.match(/^received[ \t]*:/gim)?.length ?? 0;
    let classes = traceFields > 2 ? '25' : '2';
    if (isStoreBroken?.(recipients) === true) classes = '4';
    if (isRefused || normal.length > sizeLimitBytes) classes = '5';
    const reply = this.take('the final dot', classes);
    if (reply.code === 250) this.messages.push({ reply: reply.text, reversePath: path, recipients, content: normal });
    // Ours: what follows unsafe octets may have been smuggled, so the session ends with the refusal.
    if (isRefused) this.isEnded = true;
  }

  /** RFC 3030: refused, as it is not offered; its octets are no commands. Where their number is unknown, only 421 is safe. */
  onBdat(line: string): void {
    const size = /^bdat[ \t]+([0-9]{1,15})(?:[ \t]+last)?[ \t]*$/i.exec(line)?.[1];
    if (size === undefined) {
      this.take(line, '', { mayClose: true });
      return;
    }
    this.at += Number(size);
    if (this.at > this.sent.length) this.isEnded = true;
    else this.take(line, '5');
  }

  /** RFC 3207: what follows 220 is the handshake, and what was sent before it is forgotten. */
  onStartTls(line: string): void {
    const mayBegin = /^starttls *$/i.test(line) && this.rules.isSecure !== true;
    const isBegun = this.isTaken(line, mayBegin ? '245' : '5', { isPlain: true });
    if (isBegun) this.isEnded = true;
  }
}

function rcptClasses(judged: Judged, rules: Rules): string {
  const { path, classes } = judged;
  if (classes === '5') return classes;
  if (path === undefined || path === null) return '245';
  const at = path.lastIndexOf('@');
  const said = rules.recipient(at < 0 ? path : path.slice(0, at), at < 0 ? '' : path.slice(at + 1));
  const byPolicy = { OK: '2', REFUSED: '5', LATER: '4', EITHER: '25' }[said];
  return classes === '2' ? byPolicy : `${byPolicy}5`;
}

/**
 * The content of DATA: only CRLF.CRLF ends it, at the very start a line `.CRLF` does (RFC 5321 §4.1.1.4, §4.5.2).
 *
 * @returns `end` behind the final dot's CRLF, or -1 when there is none; the content without stuffed dots
 */
export function readData(stream: string): {
  readonly end: number;
  readonly isUnsafe: boolean;
  readonly content: string;
} {
  const dot = stream.startsWith('.\r\n') ? 0 : stream.indexOf('\r\n.\r\n') + 2;
  if (dot === 1) return { end: -1, isUnsafe: false, content: '' };
  const lines = stream.slice(0, dot).split('\r\n');
  const content = lines.map((line) => (line.startsWith('.') ? line.slice(1) : line)).join('\r\n');
  return { end: dot + 3, isUnsafe: lines.some((line) => /[\r\n\0]/.test(line)), content };
}

/** BARE_NEWLINES=normalize: a bare LF is a line end, a bare CR a space, a NUL nothing. */
export function normalized(content: string): string {
  const written: Readonly<Record<string, string>> = { '\n': '\r\n', '\r': ' ', '\0': '' };
  return content
    .split('\r\n')
    .map((line) => line.replace(/[\r\n\0]/g, (octet) => written[octet] ?? ''))
    .join('\r\n');
}
