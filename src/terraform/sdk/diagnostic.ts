/**
 * What Terraform shows a user: a summary, what to do, and the attribute on whose line it is shown. Pure.
 */
import type { UserError } from '../../client/mutation.ts';
import type { Attributes } from './schema.ts';
import { isRecord, type State } from './value.ts';

/** From the block inwards: names of attributes, keys of maps, positions in lists. */
export type Path = readonly [name: string, ...steps: readonly (string | number)[]];

export interface Diagnostic {
  readonly severity: 'ERROR' | 'WARNING';
  readonly summary: string;
  readonly detail: string;
  readonly path?: Path;
}

const SEVERITIES = { ERROR: 1, WARNING: 2 } as const;

export function diagnosticMessage({ severity, summary, detail, path }: Diagnostic): object {
  const attribute = path === undefined ? {} : { attribute: pathMessage(path) };
  return { severity: SEVERITIES[severity], summary, detail, ...attribute };
}

export function pathMessage([name, ...steps]: Path): object {
  return {
    steps: [
      { attribute_name: name },
      ...steps.map((step) => (typeof step === 'number' ? { element_key_int: step } : { element_key_string: step })),
    ],
  };
}

/**
 * Where a mistake that the service found stands in the configuration: its path, `["deliverTo", "0", "host"]`, as an attribute
 * path, `deliver_to[0]`. Undefined when no attribute has the name.
 */
export function pathOf(
  { field: [first = '', second] }: UserError,
  attributes: Attributes,
  state: State,
): Path | undefined {
  const name = first.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const type = attributes[name]?.type;
  if (type === undefined) return undefined;
  if (typeof type === 'string' || second === undefined || !/^\d+$/.test(second)) return [name];
  if (type[0] === 'list') return [name, Number(second)];
  const map = state[name] ?? null;
  const key = type[0] === 'map' && isRecord(map) ? Object.keys(map)[Number(second)] : undefined;
  return key === undefined ? [name] : [name, key];
}
