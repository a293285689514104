/**
 * How much one valid document may ask for: depth, aliases, cost. Checked before anything of it runs.
 *
 * Cost counts the values an answer could hold: each field is one, times the `first` of every connection around it, and its work
 * in the database (field-work.ts); a mutation is MUTATION_COST, since it is written down twice. Measured with the request's variables, so not as a validation rule: the
 * results of those are remembered by its text. A value of introspection costs INTROSPECTION_COST; its depth is left to graphql's
 * own rule, so that tools can read the schema. What the text itself costs is document-gate.ts.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getOperationAST,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { MAX_PAGE } from '../page.ts';
import { workOf } from './field-work.ts';
import { introspectionCost } from './introspection-cost.ts';

/** The longest way through the schema that says something new has nine fields. */
const MAX_DEPTH = 12;
/** Repetitions of a field under other names. */
const MAX_ALIASES = 50;
/** A page of 100 messages with the last 20 attempts of their recipients, and some more. */
const MAX_COST = 200_000;
/** The bound of each item of a subscription: it comes again and again, without being asked for. */
const MAX_ITEM_COST = 5_000;
/** The cost of a field that may have ten megabytes: a request may ask for a few. */
const LARGE_COST = 20_000;
/** Its statements, what it writes down for others, and what its notice makes each node read again: some milliseconds. */
const MUTATION_COST = 400;
/** The cost of a value of introspection: thousands are answered at once, with nothing else served meanwhile. The whole schema fits. */
const INTROSPECTION_COST = 5;
/** Lists without `first`, by what they usually hold, and what weighs more than a value. */
const USUAL_LENGTHS: Readonly<Record<string, number>> = {
  recipients: 5,
  headers: 20,
  situations: 10,
  content: LARGE_COST,
  // As many slots as are preset.
  flow: 96,
  rejectionCounts: 96,
};

/** Slots of one statistic. */
export const MAX_SLOTS = 240;

type Variables = Readonly<Record<string, unknown>>;

/** A valid document, and what of it is to be run. */
export interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Variables | null | undefined;
}

/** The cost of a request, or why it costs too much. */
export type Bill =
  | { readonly kind: 'COST'; readonly cost: number }
  | { readonly kind: 'TOO_MUCH'; readonly error: GraphQLError };

interface Measure {
  readonly depth: number;
  readonly aliases: number;
  /** The cost of one thing; a list has as many times more. */
  readonly cost: number;
  /** However many things there are. */
  readonly once: number;
  /** Fields of the outermost level. */
  readonly roots: number;
  /** The cost of fields that a connection has once, however long its page is: counts of it, and where the page ends. */
  readonly perList: number;
}

const NOTHING: Measure = { depth: 0, aliases: 0, cost: 0, once: 0, roots: 0, perList: 0 };

export function billOf(asked: Asked): Bill {
  const { document, operationName } = asked;
  const operation = getOperationAST(document, operationName);
  // What cannot be told apart is not run.
  if (operation == null) return { kind: 'COST', cost: 0 };
  const { depth, aliases, cost: each, once, roots } = measure(asked, operation, operation.selectionSet, null);
  const cost = each + once + (operation.operation === OperationTypeNode.MUTATION ? roots * MUTATION_COST : 0);
  const maxCost = operation.operation === OperationTypeNode.SUBSCRIPTION ? MAX_ITEM_COST : MAX_COST;
  const refuse = (limit: string, [asked, max]: readonly [number, number], message: string): Bill => {
    const extensions = { code: 'LIMIT_EXCEEDED', limit, asked, max };
    return { kind: 'TOO_MUCH', error: new GraphQLError(message, { nodes: operation, extensions }) };
  };
  if (depth > MAX_DEPTH) {
    const sentence = `The request is ${depth} levels deep; at most ${MAX_DEPTH} are allowed. Ask for what lies deeper in a request of its own.`;
    return refuse('DEPTH', [depth, MAX_DEPTH], sentence);
  }
  if (aliases > MAX_ALIASES) {
    const sentence = `The request has ${aliases} aliases; at most ${MAX_ALIASES} are allowed. Send several requests; domainsApply and the lists take many things at once.`;
    return refuse('ALIASES', [aliases, MAX_ALIASES], sentence);
  }
  if (cost > maxCost) {
    const sentence = `The request costs ${cost}, the values it could return and the work of its fields; at most ${maxCost} are allowed. Ask for smaller pages.`;
    return refuse('COST', [cost, maxCost], sentence);
  }
  return { kind: 'COST', cost };
}

/** The part of a list without `first` that is in the bill. */
export function usualLength(field: string): number {
  return USUAL_LENGTHS[field] ?? 1;
}

/** The cost of what is asked for of one more thing of this type, in an operation of a document. */
export function selectionsCost(
  { type, selectionSet }: { readonly type: GraphQLNamedType; readonly selectionSet: SelectionSetNode },
  asked: Asked,
  operation: OperationDefinitionNode,
): number {
  return measure(asked, operation, selectionSet, type).cost;
}

type Parent = GraphQLNamedType | null | undefined;

/**
 * Each fragment is measured once, so that fragments of fragments cost nothing here.
 *
 * @param of the type of what the selections are asked of; null: the root of the operation
 */
function measure(
  { schema, document, variableValues }: Asked,
  operation: OperationDefinitionNode,
  selectionSet: SelectionSetNode,
  of: GraphQLNamedType | null,
): Measure {
  const variables = variableValues ?? {};
  const definitions = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const fragments = new Map<string, Measure>();
  /** All introspections together are counted to the same end. */
  let introspected = 0;

  function measureFragment(name: string): Measure {
    const known = fragments.get(name);
    if (known !== undefined) return known;
    const fragment: FragmentDefinitionNode | undefined = definitions.get(name);
    const measured =
      fragment === undefined
        ? NOTHING
        : measureSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
    fragments.set(name, measured);
    return measured;
  }

  function measureField(field: FieldNode, parent: Parent): Measure {
    const name = field.name.value;
    const aliases = field.alias === undefined ? 0 : 1;
    const length = lengthOf(field, operation, variables);
    const { once, each, item, filter } = workOf(parent?.name ?? '', name);
    const work = each + item * length + (filter > 0 && isFiltered(field, operation, variables) ? filter : 0);
    if (field.selectionSet === undefined) {
      const cost = length + work;
      const isOfList = isOncePerList(parent, name);
      return { depth: 1, aliases, cost: isOfList ? 0 : cost, once, perList: isOfList ? cost : 0, roots: 1 };
    }
    if (name.startsWith('__')) {
      const most = Math.max(MAX_COST / INTROSPECTION_COST - introspected, 0);
      const values = introspectionCost(field, { schema, fragments: definitions, variables, operation, most });
      introspected += values;
      return { depth: 1, aliases, cost: values * INTROSPECTION_COST, once: 0, perList: 0, roots: 1 };
    }
    const inner = measureSelections(field.selectionSet, typeOf(parent, name));
    const cost = 1 + work + inner.cost * length + inner.perList;
    const isOfList = isOncePerList(parent, name);
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + aliases,
      cost: isOfList ? 0 : cost,
      once: once + inner.once,
      perList: isOfList ? cost : 0,
      roots: 1,
    };
  }

  function measureSelection(selection: SelectionNode, parent: Parent): Measure {
    if (selection.kind === Kind.FIELD) return measureField(selection, parent);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value);
    const condition = selection.typeCondition?.name.value;
    return measureSelections(selection.selectionSet, condition === undefined ? parent : schema.getType(condition));
  }

  function measureSelections({ selections }: SelectionSetNode, parent: Parent): Measure {
    return selections
      .map((selection) => measureSelection(selection, parent))
      .reduce(
        (sum, one) => ({
          depth: Math.max(sum.depth, one.depth),
          aliases: sum.aliases + one.aliases,
          cost: sum.cost + one.cost,
          once: sum.once + one.once,
          perList: sum.perList + one.perList,
          roots: sum.roots + one.roots,
        }),
        NOTHING,
      );
  }

  return measureSelections(selectionSet, of ?? schema.getRootType(operation.operation));
}

/** Whether a connection has this field once; its items are all else that it has. */
function isOncePerList(parent: Parent, field: string): boolean {
  return parent?.name.endsWith('Connection') === true && field !== 'nodes' && field !== 'edges';
}

/** Whether a filter is written, given as a variable, or preset. */
function isFiltered(
  { arguments: given }: FieldNode,
  { variableDefinitions }: OperationDefinitionNode,
  variables: Variables,
): boolean {
  const value = given?.find(({ name }) => name.value === 'filter')?.value;
  if (value?.kind !== Kind.VARIABLE) return value !== undefined && value.kind !== Kind.NULL;
  const name = value.name.value;
  const preset = variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return variables[name] === undefined ? preset !== undefined : variables[name] !== null;
}

/** The type of a field; a document that was validated names no other. */
function typeOf(parent: Parent, field: string): Parent {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return null;
  const known = parent.getFields()[field];
  return known === undefined ? null : getNamedType(known.type);
}

/** Ids of one request. */
export const MAX_IDS = 100;
/** The arguments that bound a list, by a number or by a list of ids, and the most that they may be. */
const BOUNDS: Readonly<Record<string, number>> = { first: MAX_PAGE, last: MAX_PAGE, slots: MAX_SLOTS, ids: MAX_IDS };

/** A value that cannot be counted is refused later; until then it counts as the longest list. */
function lengthOf(field: FieldNode, operation: OperationDefinitionNode, variables: Variables): number {
  const bounds = field.arguments?.filter(({ name }) => Object.hasOwn(BOUNDS, name.value)) ?? [];
  if (bounds.length === 0) return usualLength(field.name.value);
  // Of `first` and `last` one may be null.
  const counts = bounds.map(
    ({ name, value }) => [BOUNDS[name.value] ?? MAX_PAGE, countOf(value, operation, variables)] as const,
  );
  const given = counts.filter(([, count]) => count !== null);
  const lengths = (given.length > 0 ? given : counts).map(([most, count]) =>
    Math.min(Math.max(count ?? most, 1), most),
  );
  return Math.max(...lengths);
}

/** A number, or the number of things in a list, as it is written, given as a variable, or preset. Null: neither. */
function countOf(
  value: ValueNode,
  { variableDefinitions }: OperationDefinitionNode,
  variables: Variables,
): number | null {
  if (value.kind === Kind.INT) return Number(value.value);
  if (value.kind === Kind.LIST) return value.values.length;
  if (value.kind !== Kind.VARIABLE) return null;
  const name = value.name.value;
  const given = variables[name];
  if (typeof given === 'number') return given;
  if (Array.isArray(given)) return given.length;
  const preset = variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return given === undefined && preset?.kind === Kind.INT ? Number(preset.value) : null;
}
