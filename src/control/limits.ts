/**
 * How much one GraphQL request may ask for: tokens, depth, aliases, cost. Checked before anything runs.
 *
 * Cost counts the values an answer could hold: each field is one, times the `first` of every connection around it. A `first`
 * that is a variable counts as the largest. Introspection is left to graphql's own rule, so that tools can read the schema.
 */
import {
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { MAX_PAGE } from './connection.ts';

/** Of the request's text; lists belong into variables. The introspection of tools has about five hundred. */
export const MAX_TOKENS = 10_000;
/** The longest way through the schema that says something new has nine fields. */
const MAX_DEPTH = 12;
/** Repetitions of a field under other names. */
const MAX_ALIASES = 50;
/** A page of 100 messages with the last 20 attempts of their recipients, and some more. */
const MAX_COST = 200_000;
/** Of each item of a subscription: it comes again and again, without being asked for. */
const MAX_ITEM_COST = 1_000;
/** Of what may have ten megabytes: a request may ask for a few. */
const LARGE_COST = 20_000;
/** Lists without `first`, by what they usually hold, and what weighs more than a value. */
const USUAL_LENGTHS: Readonly<Record<string, number>> = { recipients: 5, headers: 20, content: LARGE_COST };

interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly cost: number;
}

const NOTHING: Measure = { depth: 0, aliases: 0, cost: 0 };

/** A validation rule, as graphql's `validate` takes it. */
export function limitOperations(context: ValidationContext): ASTVisitor {
  const measure = createMeasure((name) => context.getFragment(name) ?? null);
  return {
    OperationDefinition(operation) {
      const { depth, aliases, cost } = measure(operation.selectionSet);
      const maxCost = operation.operation === OperationTypeNode.SUBSCRIPTION ? MAX_ITEM_COST : MAX_COST;
      const complaint =
        depth > MAX_DEPTH
          ? `The request is ${depth} levels deep; at most ${MAX_DEPTH} are allowed.`
          : aliases > MAX_ALIASES
            ? `The request has ${aliases} aliases; at most ${MAX_ALIASES} are allowed.`
            : cost > maxCost
              ? `The request could return ${cost} values; at most ${maxCost} are allowed. Ask for smaller pages.`
              : null;
      if (complaint !== null) {
        const extensions = { code: 'LIMIT_EXCEEDED' };
        context.reportError(new GraphQLError(complaint, { nodes: operation, extensions }));
      }
    },
  };
}

/** Each fragment is measured once, so that fragments of fragments cost nothing here. A cycle counts as nothing: another rule refuses it. */
function createMeasure(findFragment: (name: string) => FragmentDefinitionNode | null) {
  const fragments = new Map<string, Measure>();

  function measureFragment(name: string): Measure {
    const known = fragments.get(name);
    if (known !== undefined) return known;
    fragments.set(name, NOTHING);
    const fragment = findFragment(name);
    const measured = fragment === null ? NOTHING : measureSelections(fragment.selectionSet);
    fragments.set(name, measured);
    return measured;
  }

  function measureField(field: FieldNode): Measure {
    const aliases = field.alias === undefined ? 0 : 1;
    if (field.selectionSet === undefined || field.name.value.startsWith('__')) return { depth: 1, aliases, cost: 1 };
    const inner = measureSelections(field.selectionSet);
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + aliases,
      cost: 1 + inner.cost * lengthOf(field),
    };
  }

  function measureSelection(selection: SelectionNode): Measure {
    if (selection.kind === Kind.FIELD) return measureField(selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return measureSelections(selection.selectionSet);
    return measureFragment(selection.name.value);
  }

  function measureSelections({ selections }: SelectionSetNode): Measure {
    return selections.map(measureSelection).reduce(
      (sum, one) => ({
        depth: Math.max(sum.depth, one.depth),
        aliases: sum.aliases + one.aliases,
        cost: sum.cost + one.cost,
      }),
      NOTHING,
    );
  }

  return measureSelections;
}

function lengthOf(field: FieldNode): number {
  const first = field.arguments?.find((argument) => argument.name.value === 'first')?.value;
  if (first === undefined) return USUAL_LENGTHS[field.name.value] ?? 1;
  return first.kind === Kind.INT ? Math.min(Number(first.value), MAX_PAGE) : MAX_PAGE;
}
