/**
 * Arrays of PostgreSQL's own types, to and from their text form, for postgres.js.
 *
 * The driver would ask each new connection for its array types instead. That costs a statement for each connection, and when
 * the connection is lost under it, its failure reaches no one: an unhandled rejection, which ends a process that listens for none.
 * Arrays have one dimension; others throw, as they are not used here.
 */

/** OIDs of an element and of its array: built in, which are the same on each server (PostgreSQL's pg_type.dat). */
const ARRAY_TYPES = Object.entries({
  bool: [16, 1000],
  bytea: [17, 1001],
  char: [18, 1002],
  name: [19, 1003],
  int8: [20, 1016],
  int2: [21, 1005],
  int4: [23, 1007],
  text: [25, 1009],
  oid: [26, 1028],
  json: [114, 199],
  float4: [700, 1021],
  float8: [701, 1022],
  inet: [869, 1041],
  varchar: [1043, 1015],
  date: [1082, 1182],
  timestamp: [1114, 1115],
  timestamptz: [1184, 1185],
  interval: [1186, 1187],
  numeric: [1700, 1231],
  regclass: [2205, 2210],
  uuid: [2950, 2951],
  jsonb: [3802, 3807],
} as const);

/** Keyed by OID, as in the driver's options. */
interface TypeHandlers {
  readonly parsers: Record<number, (text: string) => unknown>;
  readonly serializers: Record<number, (value: unknown) => unknown>;
}

/** A quoted element, or one without quotes (PostgreSQL's manual, 8.15.6). */
const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^,]+)/gs;

function parseArray(text: string, parse: (element: string) => unknown): unknown[] {
  if (!text.startsWith('{') || text.startsWith('{{')) throw new TypeError('an array of one dimension is expected');
  return [...text.slice(1, -1).matchAll(ELEMENT)].map(([, quoted, plain = '']) => {
    if (quoted !== undefined) return parse(quoted.replaceAll(/\\(.)/gs, '$1'));
    return plain === 'NULL' ? null : parse(plain);
  });
}

const SPECIAL = /["\\]/;

function serializeArray(value: unknown, serialize: (element: unknown) => unknown): unknown {
  // A literal, as `'{a,b}'`.
  if (!Array.isArray(value)) return value;
  const elements = value.map((element: unknown) => {
    if (element === null) return 'NULL';
    if (element === undefined || Array.isArray(element))
      throw new TypeError(`no element of an array: ${String(element)}`);
    const text = String(serialize(element));
    return SPECIAL.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : `"${text}"`;
  });
  return `{${elements.join(',')}}`;
}

/** Teaches the driver the arrays, with the handlers that it has for their elements when a value comes. */
export function addArrayTypes({ parsers, serializers }: TypeHandlers): void {
  for (const [, [element, array]] of ARRAY_TYPES) {
    parsers[array] = (text) => parseArray(text, parsers[element] ?? String);
    serializers[array] = (value) => serializeArray(value, serializers[element] ?? String);
  }
}
