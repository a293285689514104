/** Shared by the methods of a provider: Terraform's request, and the answers before the provider block is known. */
import { ClientError } from '../../api/connection.ts';
import type { Message } from '../goplugin/wire.ts';
import type { DynamicValue } from './dynamic-value.ts';

export interface Request {
  readonly type_name: string;
  readonly id: string;
  readonly config: DynamicValue | null;
  readonly current_state: DynamicValue | null;
  readonly prior_state: DynamicValue | null;
  readonly planned_state: DynamicValue | null;
  readonly proposed_new_state: DynamicValue | null;
  readonly raw_state: { readonly json: Uint8Array } | null;
  /** The data that the opening of an ephemeral resource returned. */
  readonly private: Uint8Array;
  readonly client_capabilities: {
    readonly deferral_allowed: boolean;
    readonly write_only_attributes_allowed: boolean;
  } | null;
}

export type Handler = (request: Request) => Message | Promise<Message>;

/** The definition of a name. Throws ClientError when the provider has none. */
export function known<T>(definition: T | undefined, name: string): T {
  if (definition === undefined) throw new ClientError(`the provider has no ${name}`);
  return definition;
}

/** Throws ClientError while the provider block is not known. */
export function ready<Api>(configured: Api | null): Api {
  if (configured !== null) return configured;
  throw new ClientError('the provider block says what is known only after an apply: apply that first, with -target');
}

const CONFIG_UNKNOWN = { reason: 2 };

/** Puts an answer off until the provider block is known, where Terraform takes that. */
export function deferral(
  configured: unknown,
  { client_capabilities: client }: Request,
): { readonly deferred?: typeof CONFIG_UNKNOWN } {
  return configured === null && client?.deferral_allowed === true ? { deferred: CONFIG_UNKNOWN } : {};
}
