/**
 * The schema of a configuration block: its attributes, as Terraform, the documentation and the plan use them. Pure.
 */
import { Buffer } from 'node:buffer';
import type { Type, Value } from './value.ts';

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
