/**
 * The way of a document into the service: bounded and paid for before it is parsed, and again before it is validated.
 *
 * What graphql does with a text grows faster than the text: with fields of one name, fragments, unknown names. So its tokens,
 * nesting, definitions and spreads are counted by the lexer first.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  Lexer,
  parse,
  type SelectionSetNode,
  Source,
  specifiedRules,
  TokenKind,
  validate,
} from 'graphql';
import { createKnownDocuments } from './known-documents.ts';

/** Characters of a document. */
const MAX_LENGTH = 256 * 1024;
/** Each error reads all line ends before its place. The introspection of tools has about a hundred lines. */
const MAX_LINE_ENDS = 2_000;
/** Lists belong into variables. The introspection of tools has about two hundred. */
const MAX_TOKENS = 10_000;
/** Depth of braces, brackets and parentheses. The introspection of tools has 22. */
const MAX_NESTING = 64;
/** Operations and fragments. */
const MAX_DEFINITIONS = 100;
const MAX_SPREADS = 500;
const MAX_NAME = 100;
/** Complaints about one document; more than a person reads at once. */
const MAX_ERRORS = 10;

/** For each character of a document that is new: comments and texts are no tokens, but are read. */
const CHARACTER_COST = 0.02;
/** For each token of a document that is new, and of one that is known: its scopes and its bill are looked at each time. */
const TOKEN_COST = { isNew: 2, isKnown: 0.3 };
/** The cost of two fields under one name, which must agree: graphql compares each with each. Three hundred of one name are too many. */
const PAIR_COST = 0.2;
const MAX_PAIRS = 50_000;
/** The cost of a spread, for each definition: fragments are compared with each other. */
const SPREAD_COST = 0.5;

export type Admitted =
  | { readonly kind: 'VALID'; readonly document: DocumentNode }
  /** Parsed, but not of this schema. */
  | { readonly kind: 'INVALID'; readonly document: DocumentNode; readonly errors: readonly GraphQLError[] }
  /** Not parsed, or not looked at. */
  | { readonly kind: 'REFUSED'; readonly error: GraphQLError }
  /** Its cost so far is owed: nothing more is done for it. */
  | { readonly kind: 'OWED' };

/** Charges a cost; false when more is owed than there was. */
export type Charge = (cost: number) => boolean;

export interface DocumentGate {
  /** Whether this text must be parsed and validated: it is not remembered, nor too long to be looked at. */
  takesLong(text: string): boolean;
  admit(text: string, payer: Payer): Admitted;
}

export interface Payer {
  readonly tenantId: string;
  readonly charge: Charge;
}

interface Counts {
  readonly tokens: number;
  readonly spreads: number;
}

export function createDocumentGate(schema: GraphQLSchema): DocumentGate {
  const known = createKnownDocuments();

  return {
    takesLong: (text) => !known.has(text) && refusalOfSize(text) === null,
    admit(text, { tenantId, charge }) {
      const recalled = known.recall(text, tenantId);
      if (recalled !== null) {
        charge(recalled.tokens * TOKEN_COST.isKnown);
        return { kind: 'VALID', document: recalled.document };
      }
      const counts = refusalOfSize(text) ?? countTokens(text);
      if (counts instanceof GraphQLError) {
        charge(MAX_TOKENS * TOKEN_COST.isKnown);
        return { kind: 'REFUSED', error: counts };
      }
      if (!charge(text.length * CHARACTER_COST + counts.tokens * TOKEN_COST.isNew)) return { kind: 'OWED' };
      const document = parseSafely(text);
      if (document instanceof GraphQLError) return { kind: 'REFUSED', error: document };
      const pairs = countPairs(document);
      if (pairs > MAX_PAIRS) return { kind: 'REFUSED', error: tooManyPairs() };
      if (!charge(pairs * PAIR_COST + counts.spreads * document.definitions.length * SPREAD_COST))
        return { kind: 'OWED' };
      const errors = validate(schema, document, specifiedRules, { maxErrors: MAX_ERRORS });
      if (errors.length > 0) return { kind: 'INVALID', document, errors };
      known.remember(text, document, { tokens: counts.tokens, lineEnds: countLineEnds(text) });
      return { kind: 'VALID', document };
    },
  };
}

function parseSafely(text: string): DocumentNode | GraphQLError {
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

const OPENING: readonly string[] = [TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L];
const CLOSING: readonly string[] = [TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R];

/** The number of each, or the first bound that it breaks. A text that is no GraphQL is left to the parser. */
function countTokens(text: string): Counts | GraphQLError {
  const lexer = new Lexer(new Source(text));
  let [tokens, spreads, definitions, nesting] = [0, 0, 0, 0];
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      tokens += 1;
      if (token.kind === TokenKind.SPREAD) spreads += 1;
      // Each definition has one selection set.
      if (token.kind === TokenKind.BRACE_L && nesting === 0) definitions += 1;
      if (OPENING.includes(token.kind)) nesting += 1;
      else if (CLOSING.includes(token.kind)) nesting -= 1;
      const nameLength = token.kind === TokenKind.NAME ? token.value.length : 0;
      const broken = brokenBound({ tokens, spreads, definitions, nesting, nameLength });
      if (broken !== null) return broken;
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
  }
  return { tokens, spreads };
}

function refusalOfSize(text: string): GraphQLError | null {
  if (text.length > MAX_LENGTH) {
    const message = `The request's text has more than ${MAX_LENGTH} characters. Give values as variables.`;
    return exceeded('LENGTH', MAX_LENGTH, message);
  }
  if (countLineEnds(text) > MAX_LINE_ENDS) {
    const message = `The request's text has more than ${MAX_LINE_ENDS} line ends. Leave out empty lines, and give texts of many lines as variables.`;
    return exceeded('LINES', MAX_LINE_ENDS, message);
  }
  return null;
}

/** As graphql counts where it locates an error: CRLF is one line end. No further than one too many. */
function countLineEnds(text: string): number {
  const lineEnd = /\r\n|[\n\r]/g;
  let count = 0;
  while (count <= MAX_LINE_ENDS && lineEnd.test(text)) count += 1;
  return count;
}

interface Lexed extends Counts {
  readonly definitions: number;
  readonly nesting: number;
  readonly nameLength: number;
}

function brokenBound({ tokens, spreads, definitions, nesting, nameLength }: Lexed): GraphQLError | null {
  if (tokens > MAX_TOKENS) {
    const message = `The request's text has more than ${MAX_TOKENS} tokens. Give lists as variables.`;
    return exceeded('TOKENS', MAX_TOKENS, message);
  }
  if (nameLength > MAX_NAME)
    return exceeded('NAME', MAX_NAME, `The request's text has a name of more than ${MAX_NAME} characters.`);
  if (spreads > MAX_SPREADS) {
    const message = `The request has more than ${MAX_SPREADS} spreads of fragments. Write fields out, or send several requests.`;
    return exceeded('SPREADS', MAX_SPREADS, message);
  }
  if (definitions > MAX_DEFINITIONS) {
    const message = `The request has more than ${MAX_DEFINITIONS} operations and fragments. Send only what one operation needs.`;
    return exceeded('DEFINITIONS', MAX_DEFINITIONS, message);
  }
  if (nesting > MAX_NESTING) {
    const message = `The request's text has more than ${MAX_NESTING} braces and brackets within each other.`;
    return exceeded('NESTING', MAX_NESTING, message);
  }
  return null;
}

function exceeded(limit: string, max: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', limit, max } });
}

function tooManyPairs(): GraphQLError {
  const message =
    'The request asks for fields of one name too often. Ask once for what is the same, or send several requests.';
  return exceeded('REPETITIONS', MAX_PAIRS, message);
}

/** Pairs of fields under one name, wherever they are: no fewer than graphql compares without fragments. */
function countPairs({ definitions }: DocumentNode): number {
  const named = new Map<string, number>();
  const count = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        named.set(name, (named.get(name) ?? 0) + 1);
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined)
        count(selection.selectionSet);
    }
  };
  for (const definition of definitions) if ('selectionSet' in definition) count(definition.selectionSet);
  return [...named.values()].reduce((sum, uses) => sum + (uses * (uses - 1)) / 2, 0);
}
