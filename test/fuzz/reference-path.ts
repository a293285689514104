/**
 * MAIL and RCPT of the server on paper: is this command certainly right, certainly wrong, or a matter of taste?
 *
 * The strict grammar of RFC 5321 §4.1.2 with its limits (§4.5.3.1) makes the first; a line without a path, a control octet,
 * a parameter nobody offered make the second. Source routes, literals, odd dots and U-labels are a matter of taste.
 */
import { isIPv4 } from 'node:net';

export interface Judged {
  /** Classes of the replies that may come, policy left aside. */
  readonly classes: '2' | '5' | '25';
  /** As written, without brackets and source route; null is `<>`; undefined when another spelling may be meant. */
  readonly path: string | null | undefined;
  readonly isUtf8: boolean;
}

const WRONG: Judged = { classes: '5', path: undefined, isUtf8: false };

const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const DOT_STRING = new RegExp(`^${ATEXT}(?:\\.${ATEXT})*$`);
const QUOTED_STRING = /^"(?:[ !#-[\]-~]|\\[ -~])+"$/;
const DOMAIN = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Judges `MAIL FROM:<…> …`, Latin-1, without its line end. */
export function judgeMail(line: string, sizeLimitBytes: number): Judged {
  const command = split(/^MAIL +FROM:(.*)$/is.exec(line)?.[1]);
  const isUtf8 = /[ \t]SMTPUTF8(?:[ \t]|$)/i.test(line);
  if (command === null) return isHopeless(line, 'FROM') ? WRONG : { classes: '25', path: undefined, isUtf8 };
  const words = command.parameters.map(judgeMailParameter(sizeLimitBytes));
  const path = judgePath(command.path, isUtf8, true);
  return { ...joined([path, ...words, judgeRepeats(command.parameters)]), path: path.path, isUtf8 };
}

/** Judges `RCPT TO:<…> …`; without SMTPUTF8 at MAIL nothing beyond ASCII may pass (RFC 6531 §3.4). */
export function judgeRcpt(line: string, isUtf8: boolean): Judged {
  const command = split(/^RCPT +TO:(.*)$/is.exec(line)?.[1]);
  if (command === null) return isHopeless(line, 'TO') ? WRONG : { ...WRONG, classes: '25' };
  const path = judgePath(command.path, isUtf8, false);
  const words = command.parameters.map(judgeRcptParameter);
  return { ...joined([path, ...words, judgeRepeats(command.parameters)]), path: path.path };
}

/** Without `FROM:<` or `TO:<` nothing is a path, whatever white space is forgiven. */
function isHopeless(line: string, word: string): boolean {
  return !new RegExp(`^[A-Z]+[ \\t]+${word}[ \\t]*:[ \\t]*<.*>`, 'is').test(line) || hasControl(line);
}

function hasControl(text: string): boolean {
  return /[\x00-\x08\x0a-\x1f\x7f]/.test(text);
}

interface Command {
  readonly path: string;
  readonly parameters: readonly string[];
}

/** The path in its brackets, quotes heeded, and the words behind it, single spaces between them. */
function split(rest: string | undefined): Command | null {
  const match = /^<((?:[^"<>\\]|"(?:[^"\\]|\\.)*")*)>((?: [^ \t]+)*)$/s.exec(rest ?? '');
  if (match === null) return null;
  return { path: match[1] ?? '', parameters: (match[2] ?? '').split(' ').slice(1) };
}

function joined(parts: readonly { readonly classes: '2' | '5' | '25' }[]): {
  classes: '2' | '5' | '25';
  isUtf8: false;
} {
  const all = parts.map(({ classes }) => classes);
  return { classes: all.includes('5') ? '5' : all.includes('25') ? '25' : '2', isUtf8: false };
}

function judgePath(path: string, isUtf8: boolean, mayBeNull: boolean): Judged {
  if (path === '') return mayBeNull ? { classes: '2', path: null, isUtf8 } : WRONG;
  if (hasControl(path) || path.includes('\t')) return WRONG;
  const isAscii = /^[ -~]*$/.test(path);
  if (!isAscii && !isUtf8) return WRONG;
  if (path.toLowerCase() === 'postmaster') return mayBeNull ? WRONG : { classes: '25', path, isUtf8 };
  const at = path.lastIndexOf('@');
  if (at < 0) return WRONG;
  const localPart = path.slice(0, at);
  const domain = path.slice(at + 1);
  if (localPart === '' || domain === '' || path.length > 254 || domain.length > 255) return WRONG;
  const isAtoms = DOT_STRING.test(localPart);
  if (isAtoms && localPart.length > 64) return WRONG;
  const isRight = isAtoms && isAscii && DOMAIN.test(domain) && domain.length <= 253;
  if (isRight) return { classes: '2', path, isUtf8 };
  if (isAtoms && isIPv4(domain)) return WRONG;
  // A quoted mailbox must be taken (RFC 5321 §4.1.2), and may be written anew.
  const isQuoted = QUOTED_STRING.test(localPart) && localPart.length <= 66 && DOMAIN.test(domain);
  return { classes: isQuoted ? '2' : '25', path: isQuoted ? path : undefined, isUtf8 };
}

type WordJudge = (word: string) => { readonly classes: '2' | '5' | '25' };

const judgeMailParameter =
  (sizeLimitBytes: number): WordJudge =>
  (word) => {
    const size = /^SIZE=([0-9]{1,20})$/i.exec(word)?.[1];
    if (size !== undefined) return { classes: Number(size) <= sizeLimitBytes ? '2' : '5' };
    const isRight = /^(?:BODY=(?:7BIT|8BITMIME)|SMTPUTF8|RET=(?:FULL|HDRS))$/i.test(word);
    return isRight ? { classes: '2' } : judgeXtext(word, 'ENVID', /^[!-~]{1,100}$/);
  };

const judgeRcptParameter: WordJudge = (word) => {
  const isRight = /^NOTIFY=(?:NEVER|(?:SUCCESS|FAILURE|DELAY))$/i.test(word);
  if (isRight) return { classes: '2' };
  const several = /^NOTIFY=([A-Z,]+)$/i.exec(word)?.[1]?.toUpperCase().split(',');
  if (several !== undefined) {
    const known = several.every((value) => ['SUCCESS', 'FAILURE', 'DELAY'].includes(value));
    return { classes: known && new Set(several).size === several.length ? '2' : '5' };
  }
  return /^ORCPT=utf-8;/i.test(word) ? { classes: '25' } : judgeXtext(word, 'ORCPT', /^[a-z0-9-]{1,40};[!-~]{1,200}$/i);
};

/** Such a parameter in printable xtext is right, one that hides a control is wrong (RFC 3461 §4); any other word is nobody's. */
function judgeXtext(word: string, name: string, right: RegExp): { readonly classes: '2' | '5' | '25' } {
  const value = new RegExp(`^${name}=(.+)$`, 'is').exec(word)?.[1];
  if (value === undefined) return { classes: '5' };
  if (/\+(?:0[0-9A-F]|1[0-9A-F]|7F)/i.test(value)) return { classes: '5' };
  const isXtext = /^(?:[!-*,-<>-~]|\+[2-7][0-9A-F])*$/.test(value);
  return { classes: isXtext && right.test(value) ? '2' : '25' };
}

/** RFC 5321 leaves it open which of two equal parameters counts: we refuse them. */
function judgeRepeats(words: readonly string[]): { readonly classes: '2' | '5' | '25' } {
  const names = words.map((word) => word.split('=')[0]?.toUpperCase());
  return { classes: new Set(names).size === names.length ? '2' : '5' };
}
