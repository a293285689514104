/**
 * The one way of doing a mutation: its work once per idempotency key, and the result as the payload.
 *
 * audit.ts stands around every mutation, gives it its name, and learns from here whether its work has run.
 */
import { type DomainChange, type DomainRefusal, noSuchDomain, refuse } from '../domains/change.ts';
import { findDomain } from '../domains/domains.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { type Change, faultOfText, invalid, type UserError } from '../input/checked.ts';
import { idempotent, type KeyRefused, type Outcome } from '../input/idempotency.ts';
import { readDestinationAttempts, type RequestedAttemptView } from '../outage/last-attempt.ts';
import type { Context } from './context.ts';

export type Given<I> = I & { readonly idempotencyKey?: string | null };

/** The input without its key. */
type Input<I> = Omit<Given<I>, 'idempotencyKey'>;

/** Runs the work once per key. A dry run is asked anew each time: what it says is about now. */
export async function once<I, T extends Outcome>(
  { sql, viewer, mutation }: Context,
  { idempotencyKey: key, ...input }: Given<I>,
  work: (input: Input<I>) => Promise<T>,
): Promise<T | KeyRefused> {
  const run = (): Promise<T> => {
    mutation.hasRun = true;
    return work(input);
  };
  if ('dryRun' in input && input.dryRun === true) return run();
  return idempotent(sql, viewer, { key, mutation: mutation.name, input }, run);
}

type Payload<K extends string, T> = { readonly [name in K]: T | null } & {
  readonly secret: string | null;
  readonly userErrors: readonly UserError[];
};

/** A mutation of one thing, which the payload calls `name`. */
export async function onObject<K extends string, I, T>(
  context: Context,
  name: K,
  given: Given<I>,
  work: (input: Input<I>) => Promise<Change<T> & { readonly secret?: string | null }>,
): Promise<Payload<K, T>> {
  const change = await once(context, given, work);
  const { secret = null } = change as { readonly secret?: string | null };
  return { [name]: change.object, secret, userErrors: errorsOf(change) } as Payload<K, T>;
}

export interface DomainPayload {
  readonly domain: RelayDomain | null;
  readonly userErrors: readonly UserError[];
}

/** A mutation of one domain. */
export async function onDomain<I>(
  context: Context,
  given: Given<I>,
  work: (input: Input<I>) => Promise<DomainChange>,
): Promise<DomainPayload> {
  return domainPayload(await once(context, given, work));
}

/** A mutation of one domain that may request an attempt: the payload shows whether it has begun, or why not yet. */
export async function onDelivery<I>(
  context: Context,
  given: Given<I>,
  work: (input: Input<I>) => Promise<DomainChange>,
): Promise<DomainPayload & { readonly requestedAttempt: RequestedAttemptView | null }> {
  const change = await once(context, given, work);
  const isAsked = change.kind === 'DONE' && change.isAsked === true;
  const attempts = isAsked ? await context.load.byId(readDestinationAttempts, change.domain.destinationId) : null;
  return { ...domainPayload(change), requestedAttempt: attempts?.requested ?? null };
}

export function domainPayload(change: DomainChange | KeyRefused): DomainPayload {
  return { domain: 'domain' in change ? change.domain : null, userErrors: errorsOf(change) };
}

export function errorsOf(change: { readonly kind: 'DONE' } | { readonly errors: readonly UserError[] }) {
  return 'errors' in change ? change.errors : [];
}

/** The viewer's domain if it is in service: a mere claim has no say in what becomes of the mail of its name. */
export async function findServed({ sql, viewer }: Context, name: string): Promise<RelayDomain | DomainRefusal> {
  const domain = await findDomain(sql, viewer, name);
  if (domain === null) return noSuchDomain(name);
  if (domain.status !== 'PENDING') return domain;
  return refuse(
    invalid(['name'], `${domain.name} is not in service yet: its ownership is to be proven first.`, 'NOT_PROVEN'),
  );
}

const MAX_REASON_LENGTH = 500;

export type CheckedReason =
  | { readonly kind: 'OK'; readonly reason: string }
  | { readonly kind: 'BAD'; readonly error: UserError };

/** Checks the reason an operator gives for a verb: one line, for the record and, with a bounce, for the sender. */
export function checkReason(given: string | null | undefined, otherwise: string): CheckedReason {
  const reason = given?.trim() ?? '';
  if (reason === '') return { kind: 'OK', reason: otherwise };
  if (
    reason.length > MAX_REASON_LENGTH ||
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(reason) ||
    !reason.isWellFormed()
  ) {
    const message = `A reason is one line of at most ${MAX_REASON_LENGTH} characters.`;
    return { kind: 'BAD', error: invalid(['reason'], message, faultOfText(reason, MAX_REASON_LENGTH)) };
  }
  return { kind: 'OK', reason };
}
