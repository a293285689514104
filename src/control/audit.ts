/**
 * Every mutation in the audit log: an entry before it is done, completed with its result.
 *
 * What cannot be written down is not done. A dry run changes nothing and is not written, unless it asks a server that the caller
 * names: its input says that it was one.
 */
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { type AuditEnd, beginAudit, endAudit } from '../events/audit.ts';
import { type AuditedInput, findSubject, originOf } from './audit-subject.ts';
import type { Context } from './context.ts';

/** Their dry runs ask strangers. */
const ASKING: ReadonlySet<string> = new Set(['domainSetMx', 'domainUnsetMx']);
/** Kept of a list in an input; the count says the rest. */
const LIST_SAMPLES = 20;

interface Payload {
  readonly userErrors: readonly { readonly code: string }[];
  /** What was made, of mutations that know no id before. */
  readonly token?: { readonly id: string } | null;
  readonly tenant?: { readonly id: string } | null;
  readonly webhook?: { readonly id: string } | null;
}

/** Puts the audit log around each mutation. */
export function auditMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (resolve === undefined) throw new Error(`the mutation ${field.name} does nothing`);
    field.resolve = audited(field.name, resolve);
  }
}

function audited(
  mutation: string,
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  return async (parent, args, context, info) => {
    const { sql, caller } = context;
    const input = (args as { readonly input: AuditedInput }).input;
    Object.assign(context.mutation, { name: mutation, hasRun: false });
    if (input.dryRun === true && !ASKING.has(mutation)) return resolve(parent, args, context, info);
    const { idempotencyKey: key, ...told } = input;
    let made: { readonly id: string } | null = null;
    const find = () => findSubject(context, mutation, made === null ? input : { ...input, id: made.id });
    const id = await beginAudit(sql, {
      actor: caller.actor,
      mutation,
      input: shorten(withoutSecrets(told)),
      subject: await find(),
    });
    let end: Omit<AuditEnd, 'id' | 'subject'> = { outcome: 'FAULT', userErrorCodes: [] };
    try {
      const payload = (await resolve(parent, args, context, info)) as Payload;
      const userErrorCodes = payload.userErrors.map(({ code }) => code);
      if (userErrorCodes.length === 0) made = payload.token ?? payload.tenant ?? payload.webhook ?? null;
      const isReplay = key != null && !context.mutation.hasRun;
      end = { outcome: userErrorCodes.length > 0 ? 'REFUSED' : isReplay ? 'REPLAYED' : 'DONE', userErrorCodes };
      return payload;
    } finally {
      await endAudit(sql, { ...end, id, subject: await find() });
    }
  };
}

/** The input with a URL in it cut to its origin, without the code of a contact, and the secrets of a token and of a DNS key. */
function withoutSecrets(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { code: _code, tsig, ...rest } = input;
  const told: Record<string, unknown> = { ...rest };
  if (told['secret'] != null) told['secret'] = '[secret]';
  if (typeof tsig === 'object' && tsig !== null) told['tsig'] = { ...tsig, secret: '[secret]' };
  return typeof told['url'] === 'string' ? { ...told, url: originOf(told['url']) } : told;
}

/** Long lists, wherever they stand, by their first entries and their length. */
function shorten(value: unknown): unknown {
  if (Array.isArray(value)) {
    const first = value.slice(0, LIST_SAMPLES).map(shorten);
    return value.length > LIST_SAMPLES ? { count: value.length, first } : first;
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, shorten(inner)]));
}
