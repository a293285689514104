/** The choices on the page of refusals, as its address has it. */
import type { RejectionCode, RejectionFilter } from '../operations/generated.ts';
import { REJECTIONS } from '../words/labels.ts';
import { codeText } from '../words/refusals-sentence.ts';
import { dayIn } from '../words/time.ts';

/** '' is nothing chosen. */
export interface Chosen {
  readonly code: RejectionCode | '';
  readonly domain: string;
  readonly recipient: string;
  readonly client: string;
  /** A day, `2026-12-01`, as it was typed. */
  readonly since: string;
  /** The instant at which that day begins for whoever looks. */
  readonly sinceAt: Date | null;
}

/** Those that can be looked for. */
export const CODES = (Object.keys(REJECTIONS) as RejectionCode[]).filter((code) => code !== 'OTHER');

export function chosenOf(query: URLSearchParams, timeZone: string): Chosen {
  const text = (name: string): string => query.get(name)?.trim() ?? '';
  const since = text('since');
  return {
    code: CODES.find((code) => codeText(code) === text('code')) ?? '',
    domain: text('domain'),
    recipient: text('recipient'),
    client: text('client'),
    since,
    sinceAt: dayIn(since, timeZone),
  };
}

/** The address of the page with what is chosen. */
export function refusalsAddress(chosen: Chosen, after: string | null = null): string {
  const query = refusalsQuery(chosen, after);
  return query === '' ? '/console/refusals' : `/console/refusals?${query}`;
}

/** Leaves out what is not chosen. */
export function refusalsQuery({ code, ...chosen }: Chosen, after: string | null = null): string {
  const { domain, recipient, client, since } = chosen;
  const parts = { code: code === '' ? '' : codeText(code), domain, recipient, client, since, after: after ?? '' };
  return new URLSearchParams(Object.entries(parts).filter(([, text]) => text !== '')).toString();
}

export function filterOf({ code, domain, recipient, client, sinceAt }: Chosen): RejectionFilter {
  return {
    ...(code === '' ? {} : { code }),
    ...(domain === '' ? {} : { domain }),
    ...(recipient === '' ? {} : { recipient }),
    ...(client === '' ? {} : { clientAddress: client }),
    ...(sinceAt === null ? {} : { since: sinceAt.toISOString() }),
  };
}
