/**
 * The service's log: one function per event of log-events.ts, one line per call, with the event's name as webhooks spell it.
 *
 * `json` is one object a line for machines, `pretty` is maillog style for people. What comes from outside (addresses,
 * replies, names) cannot forge a line or drive a terminal: control and bidirectional characters are escaped, long text is cut.
 * Does not decide where lines go: `write` gets each without its line end. Never throws because of a value.
 */
import { inspect } from 'node:util';
import { visible } from '../mail/visible.ts';
import { EVENT_LEVELS, type LogEvent, type LogEvents, type LogLevel, nameOfEvent } from './log-events.ts';

export type LogFormat = 'pretty' | 'json';

export type Log = { readonly [E in LogEvent]: (fields: LogEvents[E]) => void };

interface LogOptions {
  /** The least important level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Default `full`. */
  readonly addresses?: LogAddresses;
  readonly write: (line: string) => void;
  /** The node's wall clock. */
  readonly now: () => Date;
}

const SEVERITY: { readonly [L in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3 };

/** A reply may be 512 octets a line and many lines; a longer text says no more about the mail. */
const MAX_TEXT_LENGTH = 2_000;

/** Stack frames kept of a fault: enough to find the place, few enough for one line. */
const MAX_STACK_FRAMES = 8;

/** Builds the log. Events below `level` cost one comparison. */
export function createLog(options: LogOptions): Log {
  const line = options.format === 'json' ? jsonLine : prettyLine;
  const minimum = SEVERITY[options.level];
  const isRedacted = options.addresses === 'domain';
  const entries = Object.entries(EVENT_LEVELS).map(([event, level]) => {
    const name = nameOfEvent(event);
    const emit = (fields: object): void => {
      if (SEVERITY[level] < minimum) return;
      const flat = flatten(fields);
      options.write(line(options.now(), level, name, isRedacted ? redact(event, flat) : flat));
    };
    return [event, emit] as const;
  });
  return Object.fromEntries(entries) as Log;
}

type Value = string | number | boolean | null | readonly string[];
type Flat = readonly (readonly [name: string, value: Value])[];

function jsonLine(at: Date, level: LogLevel, event: string, fields: Flat): string {
  const record = { time: at.toISOString(), level, event, ...Object.fromEntries(fields) };
  return visible(JSON.stringify(record));
}

/** `2026-08-01 03:10:00.123 info  accepted  transactionId=… sizeBytes=…` in UTC. */
function prettyLine(at: Date, level: LogLevel, event: string, fields: Flat): string {
  const time = at.toISOString().replace('T', ' ').replace('Z', '');
  const shown = fields.map(([name, value]) => `${name}=${prettyValue(name, value)}`);
  return [`${time} ${level.padEnd(5)} ${event.padEnd(12)}`, ...shown].join(' ');
}

function prettyValue(name: string, value: Value): string {
  if (value === null) return name === 'reversePath' ? '<>' : '-';
  if (Array.isArray(value)) return quoteIfNeeded(value.join(','));
  return quoteIfNeeded(String(value));
}

function quoteIfNeeded(text: string): string {
  const isPlain = text !== '' && text !== '-' && /^[^\s"=\\]+$/u.test(text);
  const safe = visible(isPlain ? text : JSON.stringify(text));
  return isPlain && safe !== text ? `"${safe}"` : safe;
}

function redact(event: string, fields: Flat): Flat {
  return fields.map(([field, value]) => {
    // Places in our own code.
    if (field === 'stack') return [field, value] as const;
    const clean = (text: string): string => withoutLocalParts(text, { event, field });
    if (Array.isArray(value)) return [field, value.map(clean)] as const;
    return [field, typeof value === 'string' ? clean(value) : value] as const;
  });
}

function flatten(fields: object): Flat {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return name === 'error' ? describeError(value) : [[name, scalar(value)] as const];
  });
}

function scalar(value: unknown): Value {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (Array.isArray(value)) return value.map(text);
  return text(value);
}

function text(value: unknown): string {
  return cut(typeof value === 'string' ? value : inspect(value, { depth: 0, customInspect: false }));
}

/** Name, message, code, causes and frames of a fault. Other properties (rows, parameters) may hold mail and stay out. */
function describeError(error: unknown): Flat {
  const messages: string[] = [];
  let current: unknown = error;
  while (messages.length < 4 && current !== undefined && current !== null) {
    messages.push(current instanceof Error ? `${current.name}: ${current.message}` : text(current));
    current = causeOf(current);
  }
  const fields: [string, Value][] = [['error', cut(messages.join('; caused by '))]];
  if (error instanceof Error) {
    if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number')) {
      fields.push(['code', error.code]);
    }
    const frames = (error.stack ?? '').split('\n').map((frame) => frame.trim());
    fields.push([
      'stack',
      frames
        .filter((frame) => frame.startsWith('at '))
        .slice(0, MAX_STACK_FRAMES)
        .map(cut),
    ]);
  }
  return fields;
}

/** A refused connection to several addresses is an AggregateError without a message: its first member has one. */
function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors[0];
  return error instanceof Error ? error.cause : undefined;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH)}…`;
}

/** `full`: as they are. `domain`: without local parts. */
export type LogAddresses = 'full' | 'domain';

/** A quoted local part (RFC 5321 §4.1.2), or whatever stands before an @ without a delimiter. */
const LOCAL_PART = /(?:"(?:[^"\\]|\\.)*"|[^\s<>()[\]:;,"@]+)@/gu;
/** The words of ours in brackets that quote a peer, and the refusal that quotes a client (`555 5.5.4`). */
const JUNK = /^\[not a reply: /;
const PARAMETER = /^(555 5\.5\.4 parameter )\S+/;
/** Code, and the enhanced status code after it (RFC 2034). */
const CODES = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/;

/**
 * Removes the local parts of mail addresses from one text of a log line or span, for operators who must not keep them.
 *
 * Addresses become `*@example.org` wherever they stand. Of a primary's reply, which may name a mailbox in any way, only the
 * codes are left. The whole reply is in the API.
 */
export function withoutLocalParts(text: string, { event, field }: { event: string; field: string }): string {
  // Our own refusals name no one; words of our own in brackets stand where there was no reply.
  if (field === 'reply' && event !== 'refused' && !text.startsWith('[')) return codesOf(text);
  if (JUNK.test(text)) return '[not a reply: *]';
  if (field === 'reversePath' || field === 'forwardPath') return pathWithoutLocalPart(text);
  // Of a text that was cut the last word may be half of an address.
  return text
    .replace(/[^\s"]+…$/u, '…')
    .replace(PARAMETER, '$1*')
    .replace(LOCAL_PART, '*@');
}

function codesOf(reply: string): string {
  const codes = CODES.exec(reply)?.[0];
  return codes === undefined ? '*' : `${codes} *`;
}

function pathWithoutLocalPart(path: string): string {
  const at = path.lastIndexOf('@');
  return at < 0 ? '*' : `*${path.slice(at)}`;
}
