/**
 * What a resource, an ephemeral resource and a data source are: their attributes, and how they are found, made, changed and
 * removed in the service.
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

/** What the service has. */
export interface Found {
  /** Attributes that the service knows of. */
  readonly values: State;
  /** Given back with a change, so that nobody else's is lost; null: it has none. */
  readonly revision: number | null;
}

export type Outcome =
  | { readonly kind: 'DONE'; readonly values: State }
  /** `values`: of what was made all the same. */
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[]; readonly values?: State };

/** What these throw is told as a failure of the request: ClientError in its own words, everything else as a fault of ours. */
export interface Resource<Api> extends Documented {
  /** By what it is imported, with a command: the end of a sentence that begins with `It is imported by`. */
  readonly importing: string;
  /** What people know one by: its name or address. */
  title(state: State): string;
  /** Mistakes that concern several attributes; what is unknown is not looked at. */
  check?(config: State): readonly Diagnostic[];
  /** Null: it is gone. `state` is as it was last seen, or what `identify` gave. */
  read(api: Api, state: State): Promise<Found | null>;
  create(api: Api, planned: State): Promise<Outcome>;
  /** Absent where only local attributes can change without a new object. */
  update?(api: Api, planned: State, found: Found): Promise<Outcome>;
  /** NOT_FOUND is not reported: the object is gone already. */
  remove(api: Api, state: State): Promise<readonly UserError[]>;
  /** What stays in force although Terraform forgets the object; shown when it is removed. */
  remains?(state: State): Diagnostic | null;
  /** What `read` needs, of the name or id that a user imports by; null: there is no such thing. */
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

/** What is there while Terraform plans or applies, and stands neither in a plan nor in a state. */
export interface EphemeralResource<Api> extends Documented {
  /** What people know one by. */
  title(config: State): string;
  /** `config` with its defaults, and wholly known. */
  open(api: Api, config: State): Promise<Opened>;
  /** Absent where nothing is left behind. */
  readonly closing?: Closing<Api>;
}

export interface Closing<Api> {
  /** Nobody is told of NOT_FOUND. */
  close(api: Api, held: State): Promise<readonly UserError[]>;
  /** What becomes of one that could not be closed: a sentence. */
  readonly leftOpen: string;
}
