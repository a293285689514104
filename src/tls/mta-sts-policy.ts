/**
 * The texts of MTA-STS: the TXT record that says there is a policy, and the policy (RFC 8461 §3). Pure; never throws.
 */
import { coversName } from '../mail/domain.ts';

export type StsMode = 'enforce' | 'testing' | 'none';

export interface StsPolicy {
  readonly mode: StsMode;
  /** Lower case; `*.` stands for one label. At least one, unless the mode is `none`. */
  readonly mx: readonly string[];
  readonly maxAgeSeconds: number;
}

/** RFC 8461 §3.2: about a year. */
const MAX_AGE_SECONDS = 31_557_600;
/** No one has more; each is kept and compared. */
const MAX_PATTERNS = 200;

const RECORD = /^v=STSv1(?:[ \t]*;[ \t]*[a-z0-9][a-z0-9_.-]{0,31}=[!-:<>-~]+)+[ \t]*;?[ \t]*$/i;
const HOST_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** The id of the one valid record among the TXT records of `_mta-sts.DOMAIN`; null: no policy can be discovered. */
export function readStsRecord(records: readonly string[]): string | null {
  const own = records.filter((record) => /^v=STSv1[ \t]*;/.test(record));
  const [record = ''] = own;
  if (own.length !== 1 || !RECORD.test(record)) return null;
  const fields = record.split(';').slice(1);
  const id = fields
    .map((field) => /^[ \t]*id=([a-z0-9]{1,32})[ \t]*$/i.exec(field)?.[1])
    .find((value) => value !== undefined);
  return id ?? null;
}

/** The policy of a text, or why it is not one. Unknown keys are ignored; of a key twice, the first counts (§3.2). */
export function readStsPolicy(text: string): StsPolicy | { readonly fault: string } {
  const fields = new Map<string, string>();
  const mx: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [, key, value = ''] = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (key === undefined) return { fault: 'a line is no field' };
    if (key === 'mx') mx.push(value.toLowerCase().replace(/\.$/, ''));
    else if (!fields.has(key)) fields.set(key, value);
  }
  if (fields.get('version') !== 'STSv1') return { fault: 'its version is not STSv1' };
  const mode = MODES.find((known) => known === fields.get('mode'));
  if (mode === undefined) return { fault: 'its mode is not enforce, testing or none' };
  const maxAge = fields.get('max_age') ?? '';
  if (!/^\d{1,10}$/.test(maxAge)) return { fault: 'its max_age is no number of seconds' };
  if (mx.length > MAX_PATTERNS || !mx.every((pattern) => HOST_NAME.test(pattern)))
    return { fault: 'an mx is no host name' };
  if (mx.length === 0 && mode !== 'none') return { fault: 'it names no mx' };
  return { mode, mx, maxAgeSeconds: Math.min(Number(maxAge), MAX_AGE_SECONDS) };
}

const MODES: readonly StsMode[] = ['enforce', 'testing', 'none'];

/** Whether the policy lets mail go to a host, a lower-case A-label (§4.1). */
export function allowsHost({ mx }: Pick<StsPolicy, 'mx'>, host: string): boolean {
  return mx.some((pattern) => coversName(pattern, host));
}
