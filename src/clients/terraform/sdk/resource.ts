/**
 * Resources, ephemeral resources and data sources: their attributes, and how they are found, created, changed and removed in the
 * service.
 */
import type { UserError } from '../../api/requests.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Attributes } from './schema.ts';
import type { State } from './value.ts';

interface Documented {
  /** A few sentences, in Markdown. */
  readonly description: string;
  /** A whole block of a configuration that Terraform takes as it stands. */
  readonly example: string;
  readonly attributes: Attributes;
}

/** An object as the service has it. */
export interface Found {
  /** Attributes that the service knows of. */
  readonly values: State;
  /** Sent with a change, so that no change of others is lost; null if the object has no revision. */
  readonly revision: number | null;
}

export type Outcome =
  | { readonly kind: 'DONE'; readonly values: State }
  /** `values`: of what was made all the same. */
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[]; readonly values?: State };

/** An exception is shown as a failure of the request: a ClientError in its own words, everything else as a bug. */
export interface Resource<Api> extends Documented {
  /** By what it is imported, with a command: the end of a sentence that begins with `It is imported by`. */
  readonly importing: string;
  /** The name or address that people know the object by. */
  title(state: State): string;
  /** Mistakes that concern several attributes; what is unknown is not looked at. */
  check?(config: State): readonly Diagnostic[];
  /** The values of attributes with `isDerived`; UNKNOWN where the configuration is. */
  derive?(config: State): State;
  /** Warnings about a change that may not be meant; shown when it is planned. */
  warn?(prior: State, planned: State): readonly Diagnostic[];
  /** Null: it is gone. `state` is as it was last seen, or what `identify` gave. */
  read(api: Api, state: State): Promise<Found | null>;
  create(api: Api, planned: State): Promise<Outcome>;
  /** Absent where only local attributes can change without a new object. */
  update?(api: Api, planned: State, found: Found): Promise<Outcome>;
  /** NOT_FOUND is not reported: the object is gone already. */
  remove(api: Api, state: State): Promise<readonly UserError[]>;
  /** A warning about what stays in force although Terraform forgets the object; shown when it is removed. */
  remains?(state: State): Diagnostic | null;
  /** The state that `read` needs, from the name or id that a user imports by; null if there is no such object. */
  identify(api: Api, id: string): Promise<State | null>;
}

export interface DataSource<Api> extends Documented {
  /** Attributes that the service knows of; null: there is no such thing. */
  read(api: Api, config: State): Promise<State | null>;
}

export type Opened =
  /** `held`: what `close` needs, and `title`; known in full. */
  | { readonly kind: 'OPEN'; readonly values: State; readonly held: State }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

/** An object that exists while Terraform plans or applies, and is in no plan and no state. */
export interface EphemeralResource<Api> extends Documented {
  /** The name that people know it by. */
  title(config: State): string;
  /** `config` with its defaults, and wholly known. */
  open(api: Api, config: State): Promise<Opened>;
  /** Absent if nothing remains in the service. */
  readonly closing?: Closing<Api>;
}

export interface Closing<Api> {
  /** NOT_FOUND is not reported. */
  close(api: Api, held: State): Promise<readonly UserError[]>;
  /** A sentence about an object that could not be closed. */
  readonly leftOpen: string;
}
