/**
 * Reads the octets of a request's JSON as they come, before any of it becomes a value: how much there is, and where its
 * parts lie.
 *
 * JSON.parse makes a gigabyte of 45 MB of `{},{},…`. So containers, values, depth, keys and texts are counted first, and only
 * what the request's document asks for is parsed, from its own span. A body that breaks a bound is known by its first octets.
 */
import { Buffer } from 'node:buffer';

/** Offsets into the body, `end` not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The mistake in a body, as a sentence. */
export interface ScanFault {
  readonly message: string;
}

export interface JsonScan {
  /** Takes the next octets; a fault once there is one. */
  push(chunk: Uint8Array): ScanFault | null;
  /** There are no more. */
  end(): ScanFault | null;
  /** Octets, values and containers so far. */
  counts(): { readonly octets: number; readonly values: number; readonly containers: number };
  /** A member of the outermost object, once it is complete. */
  member(name: string): Span | null;
  readonly memberNames: () => readonly string[];
  /** The members of the object `variables`, by name; null when that is no object. */
  readonly variables: () => ReadonlyMap<string, Span> | null;
}

const MAX_DEPTH = 64;
/** An input type has two or three dozen. */
const MAX_MEMBERS = 200;
const MAX_KEY_OCTETS = 200;
const MAX_TEXT_OCTETS = 1024 * 1024;
/** A number, `true`, `false` or `null`. */
const MAX_SCALAR_OCTETS = 100;
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

type Expectation = 'VALUE' | 'VALUE_OR_END' | 'KEY' | 'KEY_OR_END' | 'COLON' | 'COMMA_OR_END' | 'NOTHING';

const fault = (message: string): ScanFault => ({ message });
export const NO_JSON = fault('The request is no valid JSON.');

export function createJsonScan(): JsonScan {
  const members = new Map<string, Span>();
  const variables = new Map<string, Span>();
  let [octets, values, containers] = [0, 0, 0];
  let expected: Expectation = 'VALUE';
  /** Inside a string; `isKey` says of which kind. */
  let [isText, isKey, isEscaped, isScalar] = [false, false, false, false];
  let lexemeStart = 0;
  /** The octets of a scalar, or of a key that is remembered. */
  let lexeme: number[] = [];
  const isObject: boolean[] = [];
  const memberCounts: number[] = [];
  /** The member that is read: in the outermost object, and in `variables`. */
  const names: string[] = ['', ''];
  const starts: number[] = [0, 0];
  let areVariables = false;
  let hasVariables = false;

  /** Whether names of members at this depth are remembered. */
  const isNamed = (): boolean => isObject.length === 1 || (isObject.length === 2 && areVariables);

  function beginValue(at: number): void {
    values += 1;
    if (isNamed()) starts[isObject.length - 1] = at;
  }

  /** Returns a fault when a name comes twice: readers differ in which of them counts. */
  function endValue(end: number): ScanFault | null {
    expected = isObject.length === 0 ? 'NOTHING' : 'COMMA_OR_END';
    if (!isNamed()) return null;
    const level = isObject.length - 1;
    const target = level === 0 ? members : variables;
    const name = names[level] ?? '';
    if (target.has(name)) return fault('The request has a member twice.');
    target.set(name, { start: starts[level] ?? 0, end });
    if (level === 0) areVariables = false;
    return null;
  }

  function open(octet: number, at: number): ScanFault | null {
    if (isObject.length === 0 && octet !== OPEN_OBJECT)
      return fault('The request is a list. Send one operation in a request, as an object with `query`.');
    if (isObject.length >= MAX_DEPTH) return fault(`The request's JSON is more than ${MAX_DEPTH} levels deep.`);
    beginValue(at);
    containers += 1;
    if (octet === OPEN_OBJECT && isObject.length === 1 && names[0] === 'variables')
      [areVariables, hasVariables] = [true, true];
    isObject.push(octet === OPEN_OBJECT);
    memberCounts.push(0);
    expected = octet === OPEN_OBJECT ? 'KEY_OR_END' : 'VALUE_OR_END';
    return null;
  }

  function close(octet: number, at: number): ScanFault | null {
    const isEnd = expected === 'COMMA_OR_END' || expected === (octet === CLOSE_OBJECT ? 'KEY_OR_END' : 'VALUE_OR_END');
    if (!isEnd || isObject.at(-1) !== (octet === CLOSE_OBJECT)) return NO_JSON;
    isObject.pop();
    memberCounts.pop();
    return endValue(at + 1);
  }

  function beginText(at: number): ScanFault | null {
    isKey = expected === 'KEY' || expected === 'KEY_OR_END';
    if (!isKey && expected !== 'VALUE' && expected !== 'VALUE_OR_END') return NO_JSON;
    if (!isKey && isObject.length === 0) return fault('The request is a text. Send an object with `query`.');
    if (!isKey) beginValue(at);
    [isText, lexemeStart, lexeme] = [true, at, []];
    return null;
  }

  function endText(at: number): ScanFault | null {
    isText = false;
    if (!isKey) return endValue(at + 1);
    expected = 'COLON';
    const level = isObject.length - 1;
    const count = (memberCounts[level] ?? 0) + 1;
    memberCounts[level] = count;
    if (count > MAX_MEMBERS) return fault(`An object of the request has more than ${MAX_MEMBERS} members.`);
    values += 1;
    if (isNamed()) {
      try {
        names[level] = String(JSON.parse(`"${Buffer.from(lexeme).toString()}"`));
      } catch {
        return NO_JSON;
      }
    }
    return null;
  }

  function beginScalar(octet: number, at: number): ScanFault | null {
    if (expected !== 'VALUE' && expected !== 'VALUE_OR_END') return NO_JSON;
    if (isObject.length === 0) return fault('The request is no object. Send an object with `query`.');
    beginValue(at);
    [isScalar, lexemeStart, lexeme] = [true, at, [octet]];
    return null;
  }

  function endScalar(at: number): ScanFault | null {
    isScalar = false;
    return SCALAR.test(String.fromCharCode(...lexeme)) ? endValue(at) : NO_JSON;
  }

  /** One octet outside of texts and scalars. */
  function take(octet: number, at: number): ScanFault | null {
    switch (octet) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        return null;
      case QUOTE:
        return beginText(at);
      case OPEN_OBJECT:
      case OPEN_LIST:
        return expected === 'VALUE' || expected === 'VALUE_OR_END' ? open(octet, at) : NO_JSON;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        return close(octet, at);
      case COLON:
        if (expected !== 'COLON') return NO_JSON;
        expected = 'VALUE';
        return null;
      case COMMA:
        if (expected !== 'COMMA_OR_END') return NO_JSON;
        expected = isObject.at(-1) === true ? 'KEY' : 'VALUE';
        return null;
      default:
        return beginScalar(octet, at);
    }
  }

  /** Goes on in a text; returns where it stopped in the chunk, or a fault. */
  function skipText(chunk: Uint8Array, from: number): number | ScanFault {
    const isRemembered = isKey && isNamed();
    let index = from;
    for (; index < chunk.length; index += 1) {
      const octet = chunk[index] ?? 0;
      if (octet < 0x20) return NO_JSON;
      if (isEscaped) isEscaped = false;
      else if (octet === BACKSLASH) isEscaped = true;
      else if (octet === QUOTE) break;
      if (isRemembered && lexeme.length <= MAX_KEY_OCTETS) lexeme.push(octet);
    }
    const length = octets + index - lexemeStart - 1;
    if (isKey && length > MAX_KEY_OCTETS) return fault(`A name in the request has more than ${MAX_KEY_OCTETS} octets.`);
    if (length > MAX_TEXT_OCTETS) return fault('A text in the request has more than 1 MiB.');
    return index;
  }

  return {
    push(chunk) {
      // A byte order mark is let pass, as it always was.
      let index = octets === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
      for (; index < chunk.length; index += 1) {
        let found: ScanFault | null = null;
        if (isText) {
          const stopped = skipText(chunk, index);
          if (typeof stopped !== 'number') return stopped;
          index = stopped;
          if (index < chunk.length) found = endText(octets + index);
        } else {
          const octet = chunk[index] ?? 0;
          if (isScalar && isInScalar(octet)) {
            lexeme.push(octet);
            if (lexeme.length > MAX_SCALAR_OCTETS)
              return fault(`A number in the request has more than ${MAX_SCALAR_OCTETS} digits.`);
          } else {
            if (isScalar) found = endScalar(octets + index);
            found ??= take(octet, octets + index);
          }
        }
        if (found !== null) return found;
      }
      octets += chunk.length;
      return null;
    },
    end: () => (expected === 'NOTHING' ? null : NO_JSON),
    counts: () => ({ octets, values, containers }),
    member: (name) => members.get(name) ?? null,
    memberNames: () => [...members.keys()],
    variables: () => (hasVariables ? variables : null),
  };
}

/** Letters, digits, `+`, `-` and `.`: what it says is looked at when it is whole. */
function isInScalar(octet: number): boolean {
  return (
    (octet >= 0x30 && octet <= 0x39) ||
    (octet >= 0x61 && octet <= 0x7a) ||
    octet === 0x2b ||
    octet === 0x2d ||
    octet === 0x2e ||
    octet === 0x45
  );
}
