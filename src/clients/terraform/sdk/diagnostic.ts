/**
 * Diagnostics, which Terraform shows the user: a summary, what to do, and the attribute on whose line it is shown. Pure.
 */
import { visibleLines } from '../../../mail/visible.ts';
import type { UserError } from '../../api/requests.ts';
import { ClientError } from '../../api/connection.ts';
import type { Message } from '../goplugin/protocol.ts';
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

/** An answer that says nothing else. */
export function answer(diagnostics: readonly Diagnostic[]): Message {
  return { diagnostics: diagnostics.map(diagnosticMessage) };
}

/** The diagnostic of an exception: a ClientError in its own words, everything else as a bug. */
export function failure(summary: string, error: unknown): Diagnostic {
  if (error instanceof ClientError) return { severity: 'ERROR', summary, detail: sentence(error.message) };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { severity: 'ERROR', summary: `${summary}: a fault of the provider`, detail: text };
}

/** One that begins with an address is left as it is: `http://…`. */
function sentence(text: string): string {
  return /^https?:/.test(text) ? `${text}.` : `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
}

export const LOOK_AGAIN = 'Run terraform plan again and look at what has changed.';

/** Advice by error code, where the service's own message gives none. */
const ADVICE: Readonly<Record<string, string>> = {
  ALREADY_EXISTS: 'Set adopt = true to take it over as it is described here, or bring it in by terraform import.',
  HELD_MAIL: 'Set on_delete to "DELIVER_FIRST" or "CANCEL", apply that, then remove it.',
  CONFLICT: LOOK_AGAIN,
  SHRINK: 'Set force = true if that is meant.',
};

/** Mistakes that the service found, each on its line where `block` says what the configuration is. */
export function refusals(
  errors: readonly UserError[],
  summary: string,
  block?: { readonly attributes: Attributes; readonly state: State },
): readonly Diagnostic[] {
  return errors.map((error) => {
    const path = block && pathOf(error, block.attributes, block.state);
    const message = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
    const advice = ADVICE[error.code];
    return {
      severity: 'ERROR',
      summary: `${summary} (${error.code})`,
      detail: [
        message,
        ...(advice === undefined ? [] : [advice]),
        ...(error.documentationUrl === undefined ? [] : [`See ${error.documentationUrl}`]),
      ].join(' '),
      ...(path === undefined ? {} : { path }),
    };
  });
}

const SEVERITIES = { ERROR: 1, WARNING: 2 } as const;

function diagnosticMessage({ severity, summary, detail, path }: Diagnostic): object {
  const attribute = path === undefined ? {} : { attribute: pathMessage(path) };
  return { severity: SEVERITIES[severity], summary: visibleLines(summary), detail: visibleLines(detail), ...attribute };
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
 * The place of a mistake that the service found: its path, `["deliverTo", "0", "host"]`, as an attribute path, `deliver_to[0]`.
 * Undefined when no attribute has the name.
 */
export function pathOf(
  { path: [first = '', second] }: UserError,
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
