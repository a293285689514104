/**
 * Services of the protocol as gRPC needs them: paths, and functions between messages and octets.
 */
import { Buffer } from 'node:buffer';
import type { MethodDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { MESSAGES } from './protocol.ts';

export type Message = Readonly<Record<string, unknown>>;
type Methods = Readonly<Record<string, readonly [request: string, response: string]>>;

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(MESSAGES).map(([name, fields]) => [name, messageType(fields)])),
});

function messageType(lines: readonly string[]): protobuf.IType {
  const oneofs: Record<string, { oneof: string[] }> = {};
  const fields: Record<string, protobuf.IField | protobuf.IMapField> = {};
  for (const line of lines) {
    const [, union, members] = /^oneof (\w+): (.+)$/.exec(line) ?? [];
    if (union !== undefined) oneofs[union] = { oneof: members?.split(' ') ?? [] };
    const [, rule, type = '', name = '', id] = /^(?:(repeated|map) )?(\w+) (\w+) = (\d+)$/.exec(line) ?? [];
    if (name === '') continue;
    fields[name] = {
      type,
      id: Number(id),
      ...(rule === 'map' ? { keyType: 'string' } : {}),
      ...(rule === 'repeated' ? { rule } : {}),
    };
  }
  return { fields, oneofs };
}

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
