/**
 * The arguments of MAIL and RCPT: the path in its brackets and the ESMTP parameters (RFC 5321 §4.1.2).
 *
 * Strict about what is passed on: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), and RET, ENVID, NOTIFY, ORCPT
 * (RFC 3461). DSN values keep the client's exact spelling, still xtext-encoded, and decode to printable characters only, so
 * that no line end can hide in them. Lenient about white space. Does not judge addresses: mail/address.ts does.
 */
import type { Notify } from '../mail/envelope.ts';
import { parseEnvelopeId, parseOriginalRecipient } from '../mail/xtext.ts';
import { badParameter, type Reply, unknownParameter } from './replies.ts';

/** `<path>` with its brackets, and the words after it. */
export interface PathCommand {
  readonly path: string;
  readonly parameters: readonly string[];
}

export interface MailParameters {
  sizeBytes: number | null;
  body: '7BIT' | '8BITMIME' | null;
  smtpUtf8: boolean;
  ret: 'FULL' | 'HDRS' | null;
  envelopeId: string | null;
}

export interface RecipientParameters {
  notify: readonly Notify[];
  originalRecipient: string | null;
}

const MAIL_COMMAND = /^MAIL[ \t]+FROM[ \t]*:[ \t]*(<(?:[^"<>]|"(?:[^"\\]|\\.)*")*>)(.*)$/i;
const RCPT_COMMAND = /^RCPT[ \t]+TO[ \t]*:[ \t]*(<(?:[^"<>]|"(?:[^"\\]|\\.)*")*>)(.*)$/i;

/** Takes a MAIL command line apart; null when it has no path in brackets. */
export function splitMail(line: string): PathCommand | null {
  return split(MAIL_COMMAND.exec(line));
}

/** Takes an RCPT command line apart; null when it has no path in brackets. */
export function splitRcpt(line: string): PathCommand | null {
  return split(RCPT_COMMAND.exec(line));
}

const NO_PARAMETERS: readonly string[] = [];

function split(match: RegExpExecArray | null): PathCommand | null {
  const path = match?.[1];
  const rest = match?.[2];
  if (path === undefined || rest === undefined) return null;
  if (rest === '') return { path, parameters: NO_PARAMETERS };
  if (!/^[ \t]/.test(rest)) return null;
  const words = rest.trim();
  return { path, parameters: words === '' ? NO_PARAMETERS : words.split(/[ \t]+/) };
}

/** RFC 5321 §4.1.2, with RFC 6531's non-ASCII values. */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10ffff}]+))?$/u;

type Setter<T> = (into: T, value: string | null) => string | null;

/** Runs every word through its setter, which returns what is wrong or null. */
function parse<T>(words: readonly string[], into: T, setters: ReadonlyMap<string, Setter<T>>): Reply | null {
  const seen = new Set<string>();
  for (const word of words) {
    const match = PARAMETER.exec(word);
    const name = match?.[1]?.toUpperCase();
    const known = /^[A-Za-z0-9][A-Za-z0-9-]*/.exec(word)?.[0].toUpperCase() ?? '';
    if (name === undefined) return setters.has(known) ? badParameter(known, 'syntax') : unknownParameter(known || '?');
    const setter = setters.get(name);
    if (setter === undefined) return unknownParameter(name);
    if (seen.has(name)) return badParameter(name, 'given twice');
    seen.add(name);
    const wrong = setter(into, match?.[2] ?? null);
    if (wrong !== null) return badParameter(name, wrong);
  }
  return null;
}

const MAIL_SETTERS: ReadonlyMap<string, Setter<MailParameters>> = new Map<string, Setter<MailParameters>>([
  ['SIZE', setSize],
  ['BODY', setBody],
  ['SMTPUTF8', setSmtpUtf8],
  ['RET', setRet],
  ['ENVID', setEnvelopeId],
]);

const RCPT_SETTERS: ReadonlyMap<string, Setter<RecipientParameters>> = new Map<string, Setter<RecipientParameters>>([
  ['NOTIFY', setNotify],
  ['ORCPT', setOriginalRecipient],
]);

/** Reads MAIL's parameters, or says which one is wrong. */
export function parseMailParameters(words: readonly string[]): MailParameters | { readonly refusal: Reply } {
  const parameters = { sizeBytes: null, body: null, smtpUtf8: false, ret: null, envelopeId: null };
  if (words.length === 0) return parameters;
  const refusal = parse<MailParameters>(words, parameters, MAIL_SETTERS);
  return refusal === null ? parameters : { refusal };
}

/** Reads RCPT's parameters, or says which one is wrong. */
export function parseRcptParameters(words: readonly string[]): RecipientParameters | { readonly refusal: Reply } {
  const parameters = { notify: [], originalRecipient: null };
  if (words.length === 0) return parameters;
  const refusal = parse<RecipientParameters>(words, parameters, RCPT_SETTERS);
  return refusal === null ? parameters : { refusal };
}

/** RFC 1870: 1 to 20 digits. */
function setSize(into: MailParameters, value: string | null): string | null {
  if (value === null || !/^[0-9]{1,20}$/.test(value)) return 'a number of octets';
  into.sizeBytes = Number(value);
  return null;
}

function setBody(into: MailParameters, value: string | null): string | null {
  const body = value?.toUpperCase();
  if (body !== '7BIT' && body !== '8BITMIME') return '7BIT or 8BITMIME';
  into.body = body;
  return null;
}

function setSmtpUtf8(into: MailParameters, value: string | null): string | null {
  into.smtpUtf8 = true;
  return value === null ? null : 'takes no value';
}

function setRet(into: MailParameters, value: string | null): string | null {
  const ret = value?.toUpperCase();
  if (ret !== 'FULL' && ret !== 'HDRS') return 'FULL or HDRS';
  into.ret = ret;
  return null;
}

function setEnvelopeId(into: MailParameters, value: string | null): string | null {
  if (value === null || parseEnvelopeId(value) === null) return 'xtext of at most 100 printable characters';
  into.envelopeId = value;
  return null;
}

const NOTIFY_WORDS = new Set<string>(['NEVER', 'SUCCESS', 'FAILURE', 'DELAY']);

function isNotify(word: string): word is Notify {
  return NOTIFY_WORDS.has(word);
}

/** RFC 3461 §4.1. */
function setNotify(into: RecipientParameters, value: string | null): string | null {
  const words = (value ?? '').toUpperCase().split(',');
  const notify = words.filter(isNotify);
  if (notify.length !== words.length || new Set(notify).size !== notify.length)
    return 'SUCCESS, FAILURE, DELAY or NEVER';
  if (notify.length > 1 && notify.includes('NEVER')) return 'NEVER stands alone';
  into.notify = notify;
  return null;
}

function setOriginalRecipient(into: RecipientParameters, value: string | null): string | null {
  if (value === null || parseOriginalRecipient(value) === null) return 'type;address in xtext';
  into.originalRecipient = value;
  return null;
}

export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}
