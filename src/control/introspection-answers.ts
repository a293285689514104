/**
 * Answers to introspection, kept as the octets that were sent: tools ask for the whole schema with the same few texts.
 *
 * The schema does not change while the process lives, and an answer depends on nothing but the text and the media types asked for.
 */
import { createHash } from 'node:crypto';
import { type DocumentNode, getOperationAST, Kind, OperationTypeNode } from 'graphql';
import { createBoundedMap } from '../db/bounded-map.ts';

/** Of all that are kept: a dozen whole schemas. */
const MOST_OCTETS = 8 * 1024 * 1024;
/** What sending from memory costs. */
const COST_PER_OCTET = 1 / 300;

export interface KeptAnswer {
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly cost: number;
}

export interface IntrospectionAnswers {
  find(key: string): KeptAnswer | null;
  keep(key: string, answer: Pick<KeptAnswer, 'contentType' | 'body'>): void;
}

export function createIntrospectionAnswers(): IntrospectionAnswers {
  const answers = createBoundedMap<KeptAnswer>(MOST_OCTETS, ({ body }) => body.byteLength);
  return {
    find: (key) => answers.get(key) ?? null,
    keep: (key, { contentType, body }) =>
      answers.set(key, { contentType, body, cost: Math.ceil(body.byteLength * COST_PER_OCTET) }),
  };
}

interface AskedFor {
  readonly document: DocumentNode;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly accept: string;
}

/** Under what its answer is kept; null when it asks for anything but the schema, or has variables. */
export function introspectionKey({ document, query, operationName, accept }: AskedFor): string | null {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY || (operation.variableDefinitions ?? []).length > 0) return null;
  const isSchemaOnly = operation.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && /^__(?:schema|type|typename)$/.test(selection.name.value),
  );
  if (!isSchemaOnly) return null;
  return createHash('sha256')
    .update(JSON.stringify([accept, operationName ?? null, query]))
    .digest('base64');
}
