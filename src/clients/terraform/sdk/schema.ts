/**
 * The schema of a configuration block: its attributes, as Terraform, the documentation and the plan use them; and how Terraform sends
 * the values of a block. Pure.
 */
import { Buffer } from 'node:buffer';
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import { isRecord, type State, type Type, UNKNOWN, type Value } from './value.ts';

export interface Attribute {
  readonly type: Type;
  /** COMPUTED: only the service sets it. */
  readonly use: 'REQUIRED' | 'OPTIONAL' | 'COMPUTED';
  /** One or two sentences, in Markdown. */
  readonly description: string;
  readonly isSensitive?: true;
  /** The value of an optional attribute that the configuration omits; without it null. */
  readonly default?: Value;
  /** Optional attributes only: the service fills in what the configuration omits. */
  readonly isFilled?: true;
  /** A new value takes a new object. */
  readonly replaces?: true;
  /** Not kept by the service: it controls the provider. */
  readonly isLocal?: true;
  /** Local attributes only: another value is a change of the object all the same. */
  readonly isActedOn?: true;
  /** Computed attributes only: any change of the object, or of one of these attributes, may change it as well. */
  readonly isVolatile?: true | readonly string[];
  /** Computed attributes only: the provider derives it from the configuration when it plans, not the service. */
  readonly isDerived?: true;
  /** Optional attributes only: it is sent on create and update, and is in no plan and no state. Terraform 1.11. */
  readonly isWriteOnly?: true;
  /** A sentence about what is wrong with a known value, and what to write instead. */
  readonly check?: (value: Value) => string | null;
  /** Whether two spellings mean the same; then the user's is kept. */
  readonly means?: (one: Value, other: Value) => boolean;
}

type More = Omit<Attribute, 'type' | 'use' | 'description'>;

export function required(type: Type, description: string, more: More = {}): Attribute {
  return { type, use: 'REQUIRED', description, ...more };
}

export function optional(type: Type, description: string, more: More = {}): Attribute {
  return { type, use: 'OPTIONAL', description, ...more };
}

/** An attribute that only the service sets. */
export function computed(type: Type, description: string, more: More = {}): Attribute {
  return { type, use: 'COMPUTED', description, ...more };
}

export type Attributes = Readonly<Record<string, Attribute>>;

/** The block as GetProviderSchema tells it. */
export function schemaMessage(attributes: Attributes, description: string): object {
  return {
    version: 0,
    block: {
      version: 0,
      description,
      description_kind: MARKDOWN,
      attributes: Object.entries(attributes).map(([name, attribute]) => ({
        name,
        type: Buffer.from(JSON.stringify(attribute.type)),
        description: attribute.description,
        description_kind: MARKDOWN,
        required: attribute.use === 'REQUIRED',
        optional: attribute.use === 'OPTIONAL',
        computed: attribute.use === 'COMPUTED' || attribute.default !== undefined || attribute.isFilled === true,
        sensitive: attribute.isSensitive === true,
        write_only: attribute.isWriteOnly === true,
      })),
    },
  };
}

const MARKDOWN = 1;

/**
 * The value of a whole block, as MessagePack or JSON. It has every attribute of the schema, nil for null; unknown is the extension type
 * 0, or 12 when it is refined, which we read and never write. A removed block is nil as a whole.
 */
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
