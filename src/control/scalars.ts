/**
 * The scalars of schema.graphql.
 */
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function parseDateTime(value: unknown): Date {
  const date = typeof value === 'string' && INSTANT.test(value) ? new Date(value.toUpperCase()) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return date;
  throw new GraphQLError('A DateTime is written as 2026-08-01T03:10:00Z.', { extensions: { code: 'BAD_USER_INPUT' } });
}

function serializeDateTime(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  throw new Error('a DateTime field holds no Date');
}

function parseByteCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new GraphQLError('A ByteCount is a whole number from 0.', { extensions: { code: 'BAD_USER_INPUT' } });
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize: serializeDateTime,
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : null),
});

export const ByteCount = new GraphQLScalarType<number, number>({
  name: 'ByteCount',
  serialize: parseByteCount,
  parseValue: parseByteCount,
  parseLiteral: (node) => parseByteCount(node.kind === Kind.INT ? Number(node.value) : null),
});

/** Any JSON value, told as it is. Never an input. */
export const JSON = new GraphQLScalarType<unknown, unknown>({ name: 'JSON', serialize: (value) => value });
