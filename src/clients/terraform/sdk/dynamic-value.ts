/**
 * DynamicValue: how Terraform sends the value of a whole block, as MessagePack or JSON.
 *
 * Every attribute of the schema stands in it, nil for null; unknown is the extension type 0, or 12 when it is refined, which we
 * read and never write. What was removed is nil as a whole.
 */
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { Attributes } from './schema.ts';
import { isRecord, type State, type Type, UNKNOWN, type Value } from './value.ts';

export interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

const UNKNOWN_TYPE = 0;
const REFINED_UNKNOWN_TYPE = 12;

const codec = new ExtensionCodec();
codec.register({
  type: UNKNOWN_TYPE,
  encode: (value) => (value === UNKNOWN ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});
codec.register({ type: REFINED_UNKNOWN_TYPE, encode: () => null, decode: () => UNKNOWN });

/** Null: there is no block. Attributes that are absent are null; those that the schema does not know are left out. */
export function decodeState(attributes: Attributes, value: DynamicValue | null | undefined): State | null {
  const decoded = decodeWhole(value);
  if (decoded === null || !isRecord(decoded)) return null;
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type }]) => [name, numbered(type, decoded[name] ?? null)]),
  );
}

export function encodeState(attributes: Attributes, state: State | null): DynamicValue {
  const whole = state && Object.fromEntries(Object.keys(attributes).map((name) => [name, state[name] ?? null]));
  return { msgpack: encode(whole, { extensionCodec: codec }) };
}

function decodeWhole(value: DynamicValue | null | undefined): Value {
  const { msgpack, json } = value ?? {};
  if (msgpack !== undefined && msgpack.length > 0) return decode(msgpack, { extensionCodec: codec }) as Value;
  return json !== undefined && json.length > 0 ? (JSON.parse(new TextDecoder().decode(json)) as Value) : null;
}

/** Numbers that a float cannot hold come as texts. */
function numbered(type: Type, value: Value): Value {
  return type === 'number' && typeof value === 'string' ? Number(value) : value;
}
