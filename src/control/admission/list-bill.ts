/**
 * Lists without `first` are billed by what they usually hold (limits.ts); what they hold beyond that is billed when it is known.
 *
 * A message has a thousand recipients at the most, and each of them what was asked for of it: so the bill of a query goes on
 * while it runs, and the query ends when that is too much. What a mutation has done is told all the same.
 */
import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
} from 'graphql';
import type { Account } from './billing.ts';
import { selectionsCost, usualLength } from './limits.ts';

/** Values beyond the bill that one query may hold. */
const MAX_MORE = 300_000;

interface Payer {
  readonly account: Account;
}

/** Changes the resolvers of the schema. The context is one object for each request. */
export function billLists(schema: GraphQLSchema): void {
  const spent = new WeakMap<object, number>();

  function bill(more: number, payer: Payer, { operation, fieldName }: GraphQLResolveInfo): void {
    if (more <= 0) return;
    payer.account.charge(more);
    const sum = (spent.get(payer) ?? 0) + more;
    spent.set(payer, sum);
    if (operation.operation !== OperationTypeNode.QUERY || sum <= MAX_MORE) return;
    const message = `The lists of the request, ${fieldName} among them, hold ${MAX_MORE} values more than it was billed for. Ask for smaller pages.`;
    throw new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', limit: 'COST', max: MAX_MORE } });
  }

  for (const type of Object.values(schema.getTypeMap())) {
    // What a connection holds is bounded by `first`, and billed.
    if (!isObjectType(type) || type.name.startsWith('__') || type.name.endsWith('Connection')) continue;
    for (const field of Object.values(type.getFields())) {
      if (!isListType(getNullableType(field.type))) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      const usual = usualLength(field.name);
      const billed = (list: unknown, payer: unknown, info: GraphQLResolveInfo): unknown => {
        if (Array.isArray(list) && list.length > usual)
          bill((list.length - usual) * costOf(info), payer as Payer, info);
        return list;
      };
      field.resolve = (parent, args, payer, info) => {
        const list: unknown = resolve(parent, args, payer, info);
        if (!(list instanceof Promise)) return billed(list, payer, info);
        return list.then((found: unknown) => billed(found, payer, info));
      };
    }
  }
}

/** The cost of one thing of a list: a text is one value. */
function costOf({ fieldNodes, returnType, schema, fragments, operation, variableValues }: GraphQLResolveInfo): number {
  const document = { kind: Kind.DOCUMENT, definitions: Object.values(fragments) } as const;
  const type = getNamedType(returnType);
  const asked = { schema, document, variableValues };
  return fieldNodes.reduce(
    (sum, { selectionSet }) =>
      sum + (selectionSet === undefined ? 1 : selectionsCost({ type, selectionSet }, asked, operation)),
    0,
  );
}
