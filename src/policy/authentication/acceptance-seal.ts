/**
 * Fields that the operator may want above an accepted message: an Authentication-Results field and an ARC set (RFC 8601, RFC 8617).
 *
 * Promises that a message is neither refused nor held up beyond a bound by any of it: what cannot be found out in time is a
 * temporary error in the field, and trouble of our own leaves the message as it came. The one thing ever taken out of a
 * message is a field of others that pretends to be ours (RFC 8601 §5). Repairs no chain (RFC 8617 §5.1.2).
 */
import { Buffer } from 'node:buffer';
import { within } from '../../clock.ts';
import type { ClientInfo } from '../../mail/envelope.ts';
import { type ArcKey, authenticateMessage, type Lookup } from './sender-auth.ts';
import { scanHeader, withoutRanges } from './header-scan.ts';
import { isTooMuchWork } from './work-bounds.ts';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface AcceptanceSealOptions {
  /** The authserv-id of our fields. */
  readonly hostname: string;
  /** All our MX names: a field with any of them did not come from us. */
  readonly names: readonly string[];
  /** The look-ups for a message of the client with this address. */
  readonly lookupFor: (address: string) => Lookup;
  readonly addsResults: boolean;
  /** Null: no seal. */
  readonly arcKey: ArcKey | null;
  /** For all queries of one message together. Default 10 s: the client waits for its reply to the final dot. */
  readonly timeoutMs?: number;
  /** The message goes on without field and seal. */
  readonly fault: (error: unknown) => void;
}

interface AuthenticatedContent {
  /** Whole fields, to stand above our Received field; empty when there are none. */
  readonly prepend: Uint8Array;
  /** As given, without what pretended to be ours. */
  readonly content: readonly Uint8Array[];
}

/** Never rejects. */
export type Authenticate = (
  client: ClientInfo,
  reversePath: string | null,
  content: readonly Uint8Array[],
) => Promise<AuthenticatedContent>;

const DEFAULT_TIMEOUT_MS = 10_000;
/** A busy machine may take a while for 10 MB after the last query. */
const WORK_MS = 5_000;
const MAX_LINE_OCTETS = 998;

/** Null when the operator wants neither. */
export function createAcceptanceSeal(options: AcceptanceSealOptions): Authenticate | null {
  if (!options.addsResults && options.arcKey === null) return null;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const authservIds = new Set([options.hostname, ...options.names].map((name) => name.toLowerCase()));
  return async (client, reversePath, given) => {
    let content = given;
    try {
      const scan = await scanHeader(given, authservIds);
      if (scan.forged.length > 0) content = withoutRanges(given, scan.forged);
      const fields = isTooMuchWork(scan, given)
        ? ''
        : await within(timeoutMs + WORK_MS, fieldsFor(options, { client, reversePath, content, timeoutMs }), () => {
            throw new Error(`authentication took more than ${timeoutMs + WORK_MS} ms`);
          });
      return { prepend: Buffer.from(fields, 'latin1'), content };
    } catch (error) {
      options.fault(error);
      return { prepend: new Uint8Array(0), content };
    }
  };
}

type Asked = Omit<Parameters<typeof authenticateMessage>[0], 'authservId' | 'lookup'>;

/** The ARC set on top (RFC 8617 §5.1), then the results: both above all other trace fields (RFC 8601 §5). */
async function fieldsFor(options: AcceptanceSealOptions, asked: Asked): Promise<string> {
  const { hostname: authservId, lookupFor, addsResults, arcKey } = options;
  const lookup = lookupFor(asked.client.address);
  const verdict = await authenticateMessage({ ...asked, authservId, lookup });
  const sealed = arcKey === null ? null : await verdict.seal(arcKey);
  const set = sealed?.kind === 'SEALED' ? sealed.fields : '';
  const fields = set + (addsResults ? `Authentication-Results: ${verdict.results}\r\n` : '');
  assertFields(fields);
  return fields;
}

/** The words of others stand in these fields: whatever mailauth may let through, it must not become a header of its own. */
function assertFields(fields: string): void {
  const lines = fields.split('\r\n');
  const isGood = (line: string) =>
    /^(?:ARC-(?:Seal|Message-Signature|Authentication-Results)|Authentication-Results): \S|^[ \t]+\S/.test(line) &&
    /^[\t -~\x80-\xff]*$/.test(line) &&
    line.length <= MAX_LINE_OCTETS;
  if (lines.pop() !== '' || !lines.every(isGood)) throw new Error('mailauth made a malformed field');
}

/** RFC 8301 §3.2: verifiers take no shorter one. */
const MIN_RSA_BITS = 1024;

/** @throws Error, one line that names the file, when it holds no key that can seal */
export function loadArcKey(place: { domain: string; selector: string; keyFile: string }): ArcKey {
  const { domain, selector, keyFile } = place;
  const privateKey = readFileSync(keyFile, 'utf8');
  const defect = defectOf(parse(privateKey));
  if (defect !== null) throw new Error(`${keyFile} ${defect}`);
  return { domain, selector, privateKey };
}

function parse(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

function defectOf(key: KeyObject | null): string | null {
  if (key === null) return 'is no private key in PEM form (one with a passphrase cannot be used)';
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (asymmetricKeyType === 'ed25519') return null;
  if (asymmetricKeyType !== 'rsa') return `is a key of type ${asymmetricKeyType}; ARC knows rsa and ed25519`;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= MIN_RSA_BITS
    ? null
    : `is an RSA key of ${bits} bits; at least ${MIN_RSA_BITS} are needed, better 2048`;
}
