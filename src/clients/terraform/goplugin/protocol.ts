/**
 * The part of Terraform's plugin protocol 6 that we speak: names of services and methods, fields and their numbers, which are
 * what both sides must agree on; and as gRPC needs them, functions between messages and octets. Messages are named as their method;
 * their own names never travel.
 */
import { Buffer } from 'node:buffer';
import type { MethodDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const MESSAGES = `syntax = "proto3";
message Empty {}
message DynamicValue { bytes msgpack = 1; bytes json = 2; }
message Step { oneof selector { string attribute_name = 1; string element_key_string = 2; int64 element_key_int = 3; } }
message AttributePath { repeated Step steps = 1; }
message Diagnostic { int32 severity = 1; string summary = 2; string detail = 3; AttributePath attribute = 4; }
message Diagnostics1 { repeated Diagnostic diagnostics = 1; }
message RawState { bytes json = 1; map<string, string> flatmap = 2; }
message Capabilities { bool deferral_allowed = 1; bool write_only_attributes_allowed = 2; }
message ServerCapabilities { bool plan_destroy = 1; bool get_provider_schema_optional = 2; }
message Deferred { int32 reason = 1; }
message Attribute {
  string name = 1; bytes type = 2; string description = 3; bool required = 4; bool optional = 5; bool computed = 6;
  bool sensitive = 7; int32 description_kind = 8; bool write_only = 11;
}
message Block { int64 version = 1; repeated Attribute attributes = 2; string description = 4; int32 description_kind = 5; }
message Schema { int64 version = 1; Block block = 2; }
message Named { string type_name = 1; }
message GetMetadataResponse {
  ServerCapabilities server_capabilities = 1; repeated Diagnostic diagnostics = 2; repeated Named data_sources = 3;
  repeated Named resources = 4; repeated Named ephemeral_resources = 6;
}
message GetProviderSchemaResponse {
  Schema provider = 1; map<string, Schema> resource_schemas = 2; map<string, Schema> data_source_schemas = 3;
  repeated Diagnostic diagnostics = 4; ServerCapabilities server_capabilities = 6;
  map<string, Schema> ephemeral_resource_schemas = 8;
}
message ValidateProviderConfigRequest { DynamicValue config = 1; }
message ValidateProviderConfigResponse { repeated Diagnostic diagnostics = 2; }
message ConfigureProviderRequest { string terraform_version = 1; DynamicValue config = 2; Capabilities client_capabilities = 3; }
message ConfigRequest { string type_name = 1; DynamicValue config = 2; Capabilities client_capabilities = 3; }
message UpgradeResourceStateRequest { string type_name = 1; int64 version = 2; RawState raw_state = 3; }
message UpgradeResourceStateResponse { DynamicValue upgraded_state = 1; repeated Diagnostic diagnostics = 2; }
message ReadResourceRequest {
  string type_name = 1; DynamicValue current_state = 2; bytes private = 3; Capabilities client_capabilities = 5;
}
message ReadResourceResponse {
  DynamicValue new_state = 1; repeated Diagnostic diagnostics = 2; bytes private = 3; Deferred deferred = 4;
}
message PlanResourceChangeRequest {
  string type_name = 1; DynamicValue prior_state = 2; DynamicValue proposed_new_state = 3; DynamicValue config = 4;
  bytes prior_private = 5; Capabilities client_capabilities = 7;
}
message PlanResourceChangeResponse {
  DynamicValue planned_state = 1; repeated AttributePath requires_replace = 2; bytes planned_private = 3;
  repeated Diagnostic diagnostics = 4; Deferred deferred = 6;
}
message ApplyResourceChangeRequest {
  string type_name = 1; DynamicValue prior_state = 2; DynamicValue planned_state = 3; DynamicValue config = 4;
  bytes planned_private = 5;
}
message ApplyResourceChangeResponse { DynamicValue new_state = 1; bytes private = 2; repeated Diagnostic diagnostics = 3; }
message ImportResourceStateRequest { string type_name = 1; string id = 2; Capabilities client_capabilities = 3; }
message ImportedResource { string type_name = 1; DynamicValue state = 2; bytes private = 3; }
message ImportResourceStateResponse {
  repeated ImportedResource imported_resources = 1; repeated Diagnostic diagnostics = 2; Deferred deferred = 3;
}
message ReadDataSourceRequest { string type_name = 1; DynamicValue config = 2; Capabilities client_capabilities = 4; }
message ReadDataSourceResponse { DynamicValue state = 1; repeated Diagnostic diagnostics = 2; Deferred deferred = 3; }
message OpenEphemeralResourceResponse {
  repeated Diagnostic diagnostics = 1; DynamicValue result = 3; bytes private = 4; Deferred deferred = 5;
}
message OpenedRequest { string type_name = 1; bytes private = 2; }
message StopProviderResponse { string error = 1; }
`;

/** Method → its request and response. */
export const PROVIDER_METHODS = {
  GetMetadata: ['Empty', 'GetMetadataResponse'],
  GetProviderSchema: ['Empty', 'GetProviderSchemaResponse'],
  ValidateProviderConfig: ['ValidateProviderConfigRequest', 'ValidateProviderConfigResponse'],
  ValidateResourceConfig: ['ConfigRequest', 'Diagnostics1'],
  ValidateDataResourceConfig: ['ConfigRequest', 'Diagnostics1'],
  ConfigureProvider: ['ConfigureProviderRequest', 'Diagnostics1'],
  UpgradeResourceState: ['UpgradeResourceStateRequest', 'UpgradeResourceStateResponse'],
  ReadResource: ['ReadResourceRequest', 'ReadResourceResponse'],
  PlanResourceChange: ['PlanResourceChangeRequest', 'PlanResourceChangeResponse'],
  ApplyResourceChange: ['ApplyResourceChangeRequest', 'ApplyResourceChangeResponse'],
  ImportResourceState: ['ImportResourceStateRequest', 'ImportResourceStateResponse'],
  ReadDataSource: ['ReadDataSourceRequest', 'ReadDataSourceResponse'],
  ValidateEphemeralResourceConfig: ['ConfigRequest', 'Diagnostics1'],
  OpenEphemeralResource: ['ConfigRequest', 'OpenEphemeralResourceResponse'],
  RenewEphemeralResource: ['OpenedRequest', 'Diagnostics1'],
  CloseEphemeralResource: ['OpenedRequest', 'Diagnostics1'],
  StopProvider: ['Empty', 'StopProviderResponse'],
} as const satisfies Readonly<Record<string, readonly [request: string, response: string]>>;

export type ProviderMethod = keyof typeof PROVIDER_METHODS;

export const PROVIDER_SERVICE = 'tfplugin6.Provider';

/** The service by which a plugin's host ends it. */
export const CONTROLLER_SERVICE = 'plugin.GRPCController';
export const CONTROLLER_METHODS = { Shutdown: ['Empty', 'Empty'] } as const;

export type Message = Readonly<Record<string, unknown>>;
type Methods = Readonly<Record<string, readonly [request: string, response: string]>>;

const { root } = protobuf.parse(MESSAGES, { keepCase: true });

/** The methods of a service, by name. Messages that are absent are null; numbers are numbers. */
export function serviceDefinition(
  service: string,
  methods: Methods,
): Record<string, MethodDefinition<Message, Message>> {
  return Object.fromEntries(
    Object.entries(methods).map(([method, [request, response]]) => {
      const [ask, answer] = [codecOf(request), codecOf(response)];
      const definition = {
        path: `/${service}/${method}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: ask.serialize,
        requestDeserialize: ask.deserialize,
        responseSerialize: answer.serialize,
        responseDeserialize: answer.deserialize,
      };
      return [method, definition];
    }),
  );
}

function codecOf(name: string) {
  const type = root.lookupType(name);
  return {
    serialize: (message: Message) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    deserialize: (octets: Uint8Array): Message =>
      type.toObject(type.decode(octets), { defaults: true, oneofs: true, longs: Number }),
  };
}
