/**
 * A provider as the protocol asks for it: each method of Terraform's, answered from the definitions of resources, ephemeral
 * resources and data sources. What goes wrong is a diagnostic, whatever it is.
 *
 * Before the provider block is known nothing is asked of the service: what is there is taken to be as it was.
 */
import { Buffer } from 'node:buffer';
import { ClientError } from '../../api/connection.ts';
import type { UserError } from '../../api/requests.ts';
import type { Message } from '../goplugin/protocol.ts';
import type { Handlers } from '../goplugin/server.ts';
import { applyChange, checkConfig, inTheirWords, planChange } from './change.ts';
import { answer, type Diagnostic, failure, pathMessage, refusals } from './diagnostic.ts';
import type { Closing, DataSource, EphemeralResource, Resource } from './resource.ts';
import { type Attributes, decodeState, type DynamicValue, encodeState, schemaMessage } from './schema.ts';
import { isKnown, type State } from './value.ts';

export interface ProviderDefinition<Api> {
  readonly description: string;
  /** The attributes of the provider block. */
  readonly attributes: Attributes;
  readonly resources: Readonly<Record<string, Resource<Api>>>;
  readonly dataSources: Readonly<Record<string, DataSource<Api>>>;
  readonly ephemeralResources: Readonly<Record<string, EphemeralResource<Api>>>;
  /** Called with a block that is wholly known. Makes no request: Terraform configures a provider in every phase. */
  configure(config: State): Configured<Api>;
  /** The user wants it to end: what is under way is finished, nothing is tried again. */
  stop(): void;
}

export type Configured<Api> =
  | { readonly kind: 'READY'; readonly api: Api }
  | { readonly kind: 'REFUSED'; readonly diagnostics: readonly Diagnostic[] };

interface Request {
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

type Handler = (request: Request) => Message | Promise<Message>;

/** The definition of a name. Throws ClientError when the provider has none. */
function known<T>(definition: T | undefined, name: string): T {
  if (definition === undefined) throw new ClientError(`the provider has no ${name}`);
  return definition;
}

/** Throws ClientError while the provider block is not known. */
function ready<Api>(configured: Api | null): Api {
  if (configured !== null) return configured;
  throw new ClientError('the provider block says what is known only after an apply: apply that first, with -target');
}

const CONFIG_UNKNOWN = { reason: 2 };

/** Puts an answer off until the provider block is known, where Terraform takes that. */
function deferral(
  configured: unknown,
  { client_capabilities: client }: Request,
): { readonly deferred?: typeof CONFIG_UNKNOWN } {
  return configured === null && client?.deferral_allowed === true ? { deferred: CONFIG_UNKNOWN } : {};
}

const CAPABILITIES = { server_capabilities: { plan_destroy: false, get_provider_schema_optional: true } };

export function createHandlers<Api>(definition: ProviderDefinition<Api>): Handlers {
  let configured: Api | null = null;

  const resourceOf = ({ type_name: name }: Request): Resource<Api> => known(definition.resources[name], name);
  const dataSourceOf = ({ type_name: name }: Request): DataSource<Api> => known(definition.dataSources[name], name);
  const ephemeralOf = ({ type_name: name }: Request) => known(definition.ephemeralResources[name], name);

  const handlers: Record<keyof Handlers, Handler> = {
    GetMetadata: () => ({
      ...CAPABILITIES,
      resources: Object.keys(definition.resources).map((name) => ({ type_name: name })),
      data_sources: Object.keys(definition.dataSources).map((name) => ({ type_name: name })),
      ephemeral_resources: Object.keys(definition.ephemeralResources).map((name) => ({ type_name: name })),
    }),
    GetProviderSchema: () => ({
      ...CAPABILITIES,
      provider: schemaMessage(definition.attributes, definition.description),
      resource_schemas: schemasOf(definition.resources),
      data_source_schemas: schemasOf(definition.dataSources),
      ephemeral_resource_schemas: schemasOf(definition.ephemeralResources),
    }),
    ValidateProviderConfig: ({ config }) => {
      const block = decodeState(definition.attributes, config) ?? {};
      return answer(checkConfig(definition.attributes, block));
    },
    ConfigureProvider: ({ config }) => {
      const block = decodeState(definition.attributes, config) ?? {};
      configured = null;
      if (!Object.values(block).every(isKnown)) return {};
      const result = definition.configure(block);
      if (result.kind === 'REFUSED') return answer(result.diagnostics);
      configured = result.api;
      return {};
    },
    ValidateResourceConfig: (request) => {
      const resource = resourceOf(request);
      const config = decodeState(resource.attributes, request.config) ?? {};
      return answer([
        ...checkClient(writeOnly(resource.attributes, config), request),
        ...checkConfig(resource.attributes, config),
        ...(resource.check?.(config) ?? []),
      ]);
    },
    ValidateDataResourceConfig: (request) => {
      const { attributes } = dataSourceOf(request);
      return answer(checkConfig(attributes, decodeState(attributes, request.config) ?? {}));
    },
    UpgradeResourceState: (request) => {
      const { attributes } = resourceOf(request);
      const { json } = request.raw_state ?? {};
      return { upgraded_state: encodeState(attributes, decodeState(attributes, json === undefined ? null : { json })) };
    },
    ReadResource: async (request) => {
      const resource = resourceOf(request);
      const state = decodeState(resource.attributes, request.current_state);
      const unchanged = request.current_state === null ? {} : { new_state: request.current_state };
      if (state === null) return unchanged;
      if (configured === null) return { ...unchanged, ...deferral(configured, request) };
      const found = await resource.read(configured, state);
      const read = found && inTheirWords(resource.attributes, state, { ...state, ...found.values });
      return { new_state: encodeState(resource.attributes, read) };
    },
    PlanResourceChange: (request) => {
      const resource = resourceOf(request);
      const { attributes } = resource;
      if (decodeState(attributes, request.proposed_new_state) === null) {
        return { planned_state: encodeState(attributes, null) };
      }
      const config = decodeState(attributes, request.config) ?? {};
      const prior = decodeState(attributes, request.prior_state);
      const { planned, replacing } = planChange(attributes, prior, config, resource.derive?.(config));
      return {
        planned_state: encodeState(attributes, planned),
        requires_replace: replacing.map((name) => pathMessage([name])),
        ...answer(prior === null || planned === prior ? [] : (resource.warn?.(prior, planned) ?? [])),
      };
    },
    ApplyResourceChange: async (request) => {
      const resource = resourceOf(request);
      const { attributes } = resource;
      const prior = decodeState(attributes, request.prior_state);
      const planned = decodeState(attributes, request.planned_state);
      try {
        const given = writeOnly(attributes, decodeState(attributes, request.config));
        const { state, diagnostics } = await applyChange(resource, ready(configured), { prior, planned, given });
        return { new_state: encodeState(attributes, state), ...answer(diagnostics) };
      } catch (error) {
        const diagnostic = failure(`${resource.title(planned ?? prior ?? {})} is not applied`, error);
        return { new_state: encodeState(attributes, prior), ...answer([diagnostic]) };
      }
    },
    ImportResourceState: async (request) => {
      const resource = resourceOf(request);
      const deferred = deferral(configured, request);
      if (configured === null && deferred.deferred !== undefined) return deferred;
      const state = await resource.identify(ready(configured), request.id);
      if (state === null) return answer([nothing(request, `"${request.id}" cannot be imported`)]);
      return {
        imported_resources: [{ type_name: request.type_name, state: encodeState(resource.attributes, state) }],
      };
    },
    ReadDataSource: async (request) => {
      const source = dataSourceOf(request);
      const config = decodeState(source.attributes, request.config) ?? {};
      const deferred = deferral(configured, request);
      if (configured === null && deferred.deferred !== undefined) return deferred;
      const found = await source.read(ready(configured), config);
      if (found === null) return answer([nothing(request, `${request.type_name} cannot be read`)]);
      return { state: encodeState(source.attributes, { ...config, ...found }) };
    },
    ValidateEphemeralResourceConfig: (request) => {
      const { attributes } = ephemeralOf(request);
      return answer(checkConfig(attributes, decodeState(attributes, request.config) ?? {}));
    },
    OpenEphemeralResource: (request) => open(ephemeralOf(request), configured, request),
    // None says when it is to be renewed, so none is ever asked for.
    RenewEphemeralResource: () => ({}),
    CloseEphemeralResource: async (request) => {
      const { title, closing } = ephemeralOf(request);
      if (closing === undefined) return {};
      const held = JSON.parse(Buffer.from(request.private).toString()) as State;
      return answer(await close(closing, ready(configured), held, title(held)));
    },
    StopProvider: () => {
      definition.stop();
      return {};
    },
  };
  return handlers as unknown as Handlers;
}

/** The answer of a method that has thrown. */
export function answerFault(error: unknown): Message {
  return answer([failure('Backup MX could not be asked', error)]);
}

/** Those attributes that stand in no plan and no state. */
function writeOnly(attributes: Attributes, config: State | null): State {
  return Object.fromEntries(Object.entries(config ?? {}).filter(([name]) => attributes[name]?.isWriteOnly === true));
}

/** An older Terraform takes them for attributes like others, and would put them into the state. */
function checkClient(given: State, { client_capabilities: client }: Request): readonly Diagnostic[] {
  if (client?.write_only_attributes_allowed === true) return [];
  return Object.entries(given).flatMap(([name, value]): Diagnostic[] => {
    if (value === null) return [];
    const detail = 'Terraform keeps it out of plan and state from version 1.11 on, and this one is older.';
    return [{ severity: 'ERROR', summary: `${name} needs Terraform 1.11`, detail, path: [name] }];
  });
}

function nothing({ type_name: name }: Request, summary: string): Diagnostic {
  return { severity: 'ERROR', summary, detail: `This ${name} does not exist, or belongs to another tenant.` };
}

function schemasOf(
  definitions: Readonly<Record<string, { readonly attributes: Attributes; readonly description: string }>>,
): Message {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, { attributes, description }]) => [
      name,
      schemaMessage(attributes, description),
    ]),
  );
}

/** Opened in each plan and each apply (Terraform 1.10), closed at its end, kept nowhere. */
async function open<Api>(ephemeral: EphemeralResource<Api>, api: Api | null, request: Request): Promise<Message> {
  const { attributes } = ephemeral;
  const deferred = deferral(api, request);
  if (deferred.deferred !== undefined) return deferred;
  const said = decodeState(attributes, request.config) ?? {};
  const config = Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, said[name] ?? attribute.default ?? null]),
  );
  // What was not known when the configuration was checked is known now.
  const wrong = checkConfig(attributes, config);
  if (wrong.length > 0) return answer(wrong);
  const opened = await ephemeral.open(ready(api), config);
  if (opened.kind === 'REFUSED') {
    return answer(refusals(opened.errors, `${ephemeral.title(config)} cannot be made`, { attributes, state: config }));
  }
  const values = Object.keys(attributes).map((name) => [name, config[name] ?? opened.values[name] ?? null]);
  return {
    result: encodeState(attributes, Object.fromEntries(values)),
    private: Buffer.from(JSON.stringify(opened.held)),
  };
}

/** An object that cannot be closed is a warning and no more: all else is done by then. */
async function close<Api>(
  { close: does, leftOpen }: Closing<Api>,
  api: Api,
  held: State,
  title: string,
): Promise<readonly Diagnostic[]> {
  const summary = `${title} cannot be closed`;
  const diagnostics = await does(api, held).then(
    (errors: readonly UserError[]) =>
      refusals(
        errors.filter(({ code }) => code !== 'NOT_FOUND'),
        summary,
      ),
    (error: unknown) => [failure(summary, error)],
  );
  return diagnostics.map((each) => ({ ...each, severity: 'WARNING', detail: `${each.detail} ${leftOpen}` }));
}
