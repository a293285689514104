/**
 * Scopes as the schema asks for them by @requires: held before anything of a request runs.
 *
 * What a query asks for without the right is a top-level error, so nothing of it is told. A mutation says so in its own
 * `userErrors`, as every other mistake; what its answer is asked for is held like a query, before it is done.
 */
import {
  BREAK,
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { grants, type Scope } from '../tenants/token-cache.ts';
import type { UserError } from '../input/checked.ts';
import type { Context } from './context.ts';
import { documentationUrl } from './error-page.ts';

/** Complaints about one request; more than a person reads at once. */
const MAX_ERRORS = 10;

/** The fields that name a thing are told with the thing that leads to it. */
const FREE_FIELDS = ['id', 'name', '__typename'];

/**
 * The first fields of this document that these scopes do not reach; a mutation's own field is left to `guardMutations`.
 *
 * @param publicUrl PUBLIC_URL, where the page of the code is
 */
export function findForbidden(
  schema: GraphQLSchema,
  document: DocumentNode,
  { scopes, publicUrl }: { readonly scopes: readonly Scope[]; readonly publicUrl: string },
): readonly GraphQLError[] {
  const errors = new Map<string, GraphQLError>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field(node): unknown {
        const [parent, field] = [types.getParentType(), types.getFieldDef()];
        if (parent == null || field == null || parent === schema.getMutationType()) return undefined;
        const needed = scopeOfField(parent, field);
        if (needed === null || grants(scopes, needed)) return undefined;
        const place = `${parent.name}.${field.name}`;
        if (errors.has(place)) return undefined;
        const code = 'FORBIDDEN';
        const extensions = { code, scope: needed, documentationUrl: documentationUrl(publicUrl, code) };
        errors.set(place, new GraphQLError(lacks(needed, place), { nodes: node, extensions }));
        return errors.size === MAX_ERRORS ? BREAK : undefined;
      },
    }),
  );
  return [...errors.values()];
}

/** Puts the scope of each mutation before its work, and whether the caller's tenant is in service. */
export function guardMutations(schema: GraphQLSchema): void {
  const mutation = schema.getMutationType();
  for (const field of Object.values(mutation?.getFields() ?? {})) {
    const needed = scopeOf(field.astNode?.directives);
    const { resolve } = field;
    if (needed === null || resolve === undefined)
      throw new Error(`the mutation ${field.name} names no scope, or does nothing`);
    field.resolve = (parent: unknown, args: { readonly [name: string]: unknown }, context: Context, info) => {
      const { scopes, isTenantSuspended } = context.caller;
      if (!grants(scopes, needed)) return { userErrors: [forbidden(needed, `Mutation.${field.name}`)] };
      return isTenantSuspended ? { userErrors: [SUSPENDED] } : resolve(parent, args, context, info);
    };
  }
}

const SUSPENDED: UserError = {
  path: [],
  message:
    'The operator of this service has suspended your tenant: its tokens only read. `viewer.tenant.suspension` has the reason.',
  code: 'FORBIDDEN',
};

function forbidden(needed: Scope, place: string): UserError {
  return { path: [], message: lacks(needed, place), code: 'FORBIDDEN' };
}

/** One sentence, whether a query or a mutation asks. */
function lacks(needed: Scope, place: string): string {
  return `Your token lacks the scope ${needed}, which ${place} needs. Use one that has it.`;
}

function scopeOfField(parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>): Scope | null {
  const own = scopeOf(field.astNode?.directives);
  if (own !== null || FREE_FIELDS.includes(field.name)) return own;
  return scopeOf(parent.astNode?.directives);
}

function scopeOf(directives: readonly DirectiveNode[] | undefined): Scope | null {
  const argument = directives?.find(({ name }) => name.value === 'requires')?.arguments?.[0]?.value;
  return argument?.kind === Kind.ENUM ? (argument.value as Scope) : null;
}
