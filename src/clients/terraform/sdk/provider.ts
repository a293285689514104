/**
 * A provider as the protocol asks for it: each method of Terraform's, answered from the definitions of resources, ephemeral
 * resources and data sources. What goes wrong is a diagnostic, whatever it is.
 *
 * Before the provider block is known nothing is asked of the service: what is there is taken to be as it was.
 */
import type { Handlers } from '../goplugin/server.ts';
import type { Message } from '../goplugin/wire.ts';
import { applyChange } from './apply.ts';
import { answer, type Diagnostic, failure, pathMessage } from './diagnostic.ts';
import { decodeState, encodeState } from './dynamic-value.ts';
import { ephemeralHandlers } from './ephemeral.ts';
import { checkConfig, inTheirWords, planChange } from './plan.ts';
import { deferral, type Handler, known, ready, type Request } from './request.ts';
import type { DataSource, EphemeralResource, Resource } from './resource.ts';
import { type Attributes, schemaMessage } from './schema.ts';
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

const CAPABILITIES = { server_capabilities: { plan_destroy: false, get_provider_schema_optional: true } };

export function createHandlers<Api>(definition: ProviderDefinition<Api>): Handlers {
  let configured: Api | null = null;

  const resourceOf = ({ type_name: name }: Request): Resource<Api> => known(definition.resources[name], name);
  const dataSourceOf = ({ type_name: name }: Request): DataSource<Api> => known(definition.dataSources[name], name);

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
      const { attributes } = resourceOf(request);
      if (decodeState(attributes, request.proposed_new_state) === null) {
        return { planned_state: encodeState(attributes, null) };
      }
      const config = decodeState(attributes, request.config) ?? {};
      const { planned, replacing } = planChange(attributes, decodeState(attributes, request.prior_state), config);
      return {
        planned_state: encodeState(attributes, planned),
        requires_replace: replacing.map((name) => pathMessage([name])),
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
    ...ephemeralHandlers(definition.ephemeralResources, () => configured),
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
