/**
 * What a block of a configuration may say: its attributes, told to Terraform, to the documentation and to the plan alike. Pure.
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
  /** What stands for an optional attribute that the configuration leaves out; without it null does. */
  readonly default?: Value;
  /** Of an optional one: what the configuration leaves out, the service fills in. */
  readonly isFilled?: true;
  /** A new value takes a new object. */
  readonly replaces?: true;
  /** Not kept by the service: it says how the provider goes about things. */
  readonly isLocal?: true;
  /** Of a local one: another value is a change of the object all the same. */
  readonly isActedOn?: true;
  /** Of a computed one: any change of the object, or one of these attributes, may change it as well. */
  readonly isVolatile?: true | readonly string[];
  /** Of an optional one: it is for making and changing, and stands in no plan and no state. Terraform 1.11. */
  readonly isWriteOnly?: true;
  /** What is wrong with a known value, and what to write instead: a sentence. */
  readonly check?: (value: Value) => string | null;
  /** Whether two spellings mean the same; then the user's is kept. */
  readonly means?: (one: Value, other: Value) => boolean;
}

/** An attribute that only the service sets. */
export function computed(type: Type, description: string): Attribute {
  return { type, use: 'COMPUTED', description };
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
