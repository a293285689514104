/**
 * The content of a request's JSON, once its octets are known: which members it has, whether its document takes lists, and the values
 * of the variables that the operation declares. Nothing else of it is parsed.
 */
import { type DocumentNode, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql';
import { type JsonScan, NO_JSON, type ScanFault, type Span } from './json-scan.ts';
import { type Refused, refuse } from './refusals.ts';

/** Those that take a list of recipients, and may have a body of their size. */
export const LARGE_MUTATIONS: ReadonlySet<string> = new Set([
  'recipientListAdd',
  'recipientListRemove',
  'recipientListReplace',
  'domainCreate',
  'domainsApply',
]);
/** The one of these whose list is not of texts. */
export const OBJECT_MUTATIONS: ReadonlySet<string> = new Set(['domainsApply']);
const PARAMETERS = ['query', 'variables', 'operationName', 'extensions'];

/** The octets of a span of the body, as text. */
export type ReadText = (span: Span) => string;

/** Whether an operation of the document is one of these mutations. */
export function asksFor({ definitions }: DocumentNode, mutations: ReadonlySet<string>): boolean {
  return definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.selectionSet.selections.some((field) => field.kind === Kind.FIELD && mutations.has(field.name.value)),
  );
}

/** Those that the operation declares; the rest is not parsed. A name that no operation declares is a mistake. */
export function variablesOf(
  document: DocumentNode,
  {
    operationName,
    scan,
    text,
  }: { readonly operationName: string | null; readonly scan: JsonScan; readonly text: ReadText },
): { readonly kind: 'VALUES'; readonly values: Readonly<Record<string, unknown>> } | Refused {
  const given = scan.variables();
  if (given === null) return { kind: 'VALUES', values: {} };
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const declaredBy = (operation: OperationDefinitionNode | null | undefined): readonly string[] =>
    (operation?.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const known = new Set(operations.flatMap(declaredBy));
  for (const name of given.keys()) {
    if (known.has(name)) continue;
    const message = `The request gives a variable that its text does not declare: ${JSON.stringify(name)}. Declare it, or leave it out.`;
    return refuse(400, 'BAD_USER_INPUT', message);
  }
  const entries: [string, unknown][] = [];
  for (const name of declaredBy(getOperationAST(document, operationName))) {
    const span = given.get(name);
    if (span === undefined) continue;
    const value = parsed(text(span));
    if (value === undefined) return refuse(400, 'BAD_REQUEST', NO_JSON.message);
    entries.push([name, value.value]);
  }
  return { kind: 'VALUES', values: Object.fromEntries(entries) };
}

/** A member that no GraphQL request has, or one of another kind than it must be. */
export function unexpectedMember(scan: JsonScan, text: ReadText): ScanFault | null {
  const isNull = (name: string): boolean => {
    const span = scan.member(name);
    return span === null || (span.end - span.start === 4 && text(span) === 'null');
  };
  const other = scan.memberNames().find((name) => !PARAMETERS.includes(name) && !isNull(name));
  const malformed = (message: string): ScanFault => ({ message });
  if (other !== undefined) return malformed(`The request has a member that is not known: ${JSON.stringify(other)}.`);
  if (scan.variables() === null && !isNull('variables'))
    return malformed('The variables of the request are no object.');
  if (stringAt(scan, 'operationName', text) === null && !isNull('operationName'))
    return malformed('The operationName of the request is no string.');
  return null;
}

/** Null when it is not there, or is no string. */
export function stringAt(scan: JsonScan, name: string, text: ReadText): string | null {
  const span = scan.member(name);
  const value = span === null ? undefined : parsed(text(span))?.value;
  return typeof value === 'string' ? value : null;
}

/** Undefined: it is no JSON. */
function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}
