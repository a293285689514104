/** The provider as a plugin: how it starts, whom it lets in, how it ends; and that no call ends without an answer. */
import { afterEach, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import {
  PROVIDER_METHODS,
  PROVIDER_SERVICE,
  type ProviderMethod,
  serviceDefinition,
} from '../../../src/clients/terraform/goplugin/protocol.ts';
import { handshakeLine, startPluginServer } from '../../../src/clients/terraform/goplugin/server.ts';
import { createProvider } from '../../../src/clients/terraform/provider.ts';
import { answerFault, createHandlers } from '../../../src/clients/terraform/sdk/provider.ts';
import { UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import { until } from '../../helpers/child.ts';
import { createTerraform, decodeDynamic, encodeDynamic } from '../../helpers/terraform-core.ts';
import {
  clientIdentity,
  connectPlugin,
  COOKIE,
  invoke,
  type Plugin,
  type PluginStart,
  spawnPlugin,
  startPlugin,
} from '../../helpers/terraform-plugin.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const MAIN = join(ROOT, 'src/clients/terraform/main.ts');
const AWAY = { BACKUP_MX_URL: 'http://127.0.0.1:1', BACKUP_MX_TOKEN: 'a-token' };

const started: Plugin[] = [];
async function start(options: PluginStart = { env: AWAY }): Promise<Plugin> {
  const plugin = await startPlugin(options);
  started.push(plugin);
  return plugin;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((plugin) => plugin.shutdown()));
});

interface Told {
  readonly diagnostics: readonly { readonly severity: number; readonly summary: string; readonly detail: string }[];
}

describe('the start', () => {
  test.each<[string, PluginStart]>([
    ['Bun', {}],
    ['Node', { command: [join(ROOT, 'node_modules/node/bin/node'), MAIN] }],
  ])('%s prints one line, serves, and is gone after Shutdown', async (_runtime, options) => {
    const plugin = await start(options);
    expect(plugin.line).toMatch(/^1\|6\|unix\|\/[^|]+\/socket\|grpc\|[A-Za-z0-9+/]+\n$/);
    const folder = join(plugin.socket, '..');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await plugin.call('GetMetadata')).toMatchObject({
      data_sources: [
        { type_name: 'backupmx_service' },
        { type_name: 'backupmx_domain' },
        { type_name: 'backupmx_doctor' },
        { type_name: 'backupmx_domains' },
        { type_name: 'backupmx_tenants' },
        { type_name: 'backupmx_outages' },
      ],
      ephemeral_resources: [{ type_name: 'backupmx_token' }, { type_name: 'backupmx_token_secret' }],
    });
    plugin.child.kill('SIGINT');
    expect(await plugin.call('StopProvider')).toEqual({ error: '' });
    expect(await plugin.shutdown()).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });

  test.each([
    [{ TF_PLUGIN_MAGIC_COOKIE: '' }, /^This is a Terraform provider\. Terraform starts it/],
    [{ PLUGIN_PROTOCOL_VERSIONS: '4,5' }, /^This provider speaks plugin protocol 6, Terraform 4 and 5/],
  ])('is refused in a line with %p', async (env, line) => {
    const child = spawnPlugin({ env });
    const [out, errors] = ['', ''];
    const said = { out, errors };
    child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (said.errors += chunk.toString()));
    await once(child, 'close');
    expect({ code: child.exitCode, out: said.out }).toEqual({ code: 1, out: '' });
    expect(said.errors).toMatch(line);
    expect(said.errors.trim().split('\n')).toHaveLength(1);
  });

  test('strangers are not let in', async () => {
    const plugin = await start();
    const definition = serviceDefinition(PROVIDER_SERVICE, PROVIDER_METHODS);
    for (const identity of [null, clientIdentity()]) {
      const client = connectPlugin(plugin.socket, plugin.certificate, identity);
      const refused = await invoke(client, definition, 'GetMetadata', {}).catch((error: Error) => error);
      client.close();
      expect(refused).toBeInstanceOf(Error);
    }
    expect(await plugin.call('GetMetadata')).toBeObject();
  });

  test('where there are no Unix sockets it listens on the first free port, for Terraform alone', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const identity = clientIdentity();
    const provider = createProvider({ env: AWAY, stopping: new AbortController(), now: () => new Date() });
    const options = {
      handlers: createHandlers(provider),
      onFault: (_method: string, error: unknown) => answerFault(error),
      onShutdown: () => undefined,
      clientCertificate: identity.cert,
      now: new Date(),
    };
    const server = await startPluginServer({ ...options, ports: { least: port, most: 65_535 } });
    expect(handshakeLine(server.endpoint, server.certificate)).toMatch(
      /^1\|6\|tcp\|127\.0\.0\.1:\d+\|grpc\|[A-Za-z0-9+/]+$/,
    );
    expect(server.endpoint.address).not.toBe(`127.0.0.1:${port}`);
    const definition = serviceDefinition(PROVIDER_SERVICE, PROVIDER_METHODS);
    const [ours, stranger] = [identity, clientIdentity()].map((each) =>
      connectPlugin(server.endpoint.address, server.certificate ?? '', each),
    );
    if (ours === undefined || stranger === undefined) throw new Error('there are two clients');
    expect(await invoke(ours, definition, 'GetMetadata', {})).toBeObject();
    expect(await invoke(stranger, definition, 'GetMetadata', {}).catch((error: Error) => error)).toBeInstanceOf(Error);
    ours.close();
    stranger.close();
    await server.close();
    const full = startPluginServer({ ...options, ports: { least: port, most: port } });
    expect(await full.catch((error: Error) => error.message)).toBe(
      `no port of 127.0.0.1 from ${port} to ${port} is free`,
    );
    taken.close();
  });

  test('it ends when Terraform is killed', async () => {
    const plugin = await start({
      env: AWAY,
      // The shell stands for Terraform: it is the parent, and does not pass signals on.
      command: ['sh', '-c', `"${process.execPath}" --no-install "${MAIN}" & wait`],
    });
    plugin.child.kill('SIGKILL');
    await until('the socket is gone', 30_000, () => !existsSync(plugin.socket));
    expect(existsSync(plugin.socket)).toBe(false);
  });
});

describe('every call is answered, also without a service', () => {
  const state = { name: 'a.example' };

  const calls: readonly [ProviderMethod, object][] = [
    ['ReadResource', { current_state: encodeDynamic(state) }],
    ['ApplyResourceChange', { prior_state: encodeDynamic(null), planned_state: encodeDynamic(state) }],
    ['ApplyResourceChange', { prior_state: encodeDynamic(state), planned_state: encodeDynamic(null) }],
    ['ImportResourceState', { id: 'a.example' }],
    ['ReadDataSource', { config: encodeDynamic(state) }],
  ];

  test('all at once, as Terraform asks', async () => {
    const plugin = await start();
    await createTerraform(plugin);
    await Promise.all(calls.map(([method, request]) => isAnswered(plugin, method, request)));
  });

  async function isAnswered(plugin: Plugin, method: ProviderMethod, request: object): Promise<void> {
    const answer = await plugin.call<Told & { new_state?: { msgpack: Uint8Array } | null }>(method, {
      type_name: 'backupmx_domain',
      ...request,
    });
    expect(answer.diagnostics).toEqual([
      expect.objectContaining({
        severity: 1,
        detail: expect.stringMatching(
          /^http:\/\/127\.0\.0\.1:1 cannot be reached: .*\. BACKUP_MX_URL says where the service is\.$/,
        ),
      }),
    ]);
    if ('prior_state' in request) {
      expect(decodeDynamic(answer.new_state ?? null)?.['name']).toBe(
        decodeDynamic(request.prior_state as { msgpack: Uint8Array })?.['name'],
      );
    }
  }

  test('a resource that there is not, and octets that are no value', async () => {
    const plugin = await start();
    await createTerraform(plugin);
    const config = encodeDynamic(state);
    expect(await plugin.call<Told>('ValidateResourceConfig', { type_name: 'backupmx_absent', config })).toMatchObject({
      diagnostics: [{ severity: 1, detail: 'The provider has no backupmx_absent.' }],
    });
    const broken = { msgpack: Buffer.from([0xc1]) };
    for (const method of [
      'ValidateResourceConfig',
      'ReadResource',
      'PlanResourceChange',
      'ApplyResourceChange',
    ] as const) {
      const { diagnostics } = await plugin.call<Told>(method, {
        type_name: 'backupmx_domain',
        config: broken,
        current_state: broken,
        proposed_new_state: broken,
        planned_state: broken,
      });
      expect(diagnostics[0]?.summary).toContain('a fault of the provider');
    }
  });
});

describe('the provider block', () => {
  const configure = async (plugin: Plugin, config: Parameters<typeof encodeDynamic>[0]) =>
    (await plugin.call<Told>('ConfigureProvider', { config: encodeDynamic(config) })).diagnostics.map(
      ({ detail }) => detail,
    );

  test('says what is missing or wrong', async () => {
    const plugin = await start({});
    expect(await configure(plugin, { url: null, token: null })).toEqual([
      expect.stringMatching(/^BACKUP_MX_TOKEN is not set: /),
    ]);
    expect(await configure(plugin, { url: 'nowhere', token: 't' })).toEqual([
      'url of the provider block is not the address of a service: expected one such as http://127.0.0.1:8025.',
    ]);
    expect(await configure(plugin, { url: 'http://u:hunter2@127.0.0.1:1', token: 't' })).toEqual([
      expect.stringMatching(/^url of the provider block holds a user name or password, (?!.*hunter2)/),
    ]);
    expect(await configure(plugin, { url: 'http://127.0.0.1:1', token: 't' })).toEqual([]);
    const refused = await createTerraform(plugin, { url: 'nowhere' }).catch((error: Error) => error.message);
    expect(refused).toContain('url cannot be used (at url): Expected an address such as https://mx.example.net.');
  });

  test('not known yet: nothing is asked, what is there stays as it is', async () => {
    const plugin = await start({});
    expect(await configure(plugin, { url: UNKNOWN, token: null })).toEqual([]);
    const current = encodeDynamic({ name: 'a.example' });
    const read = await plugin.call<Told & { new_state: { msgpack: Uint8Array } }>('ReadResource', {
      type_name: 'backupmx_domain',
      current_state: current,
    });
    expect(read).toMatchObject({ diagnostics: [], deferred: null });
    expect(decodeDynamic(read.new_state)).toEqual({ name: 'a.example' });
    const request = { type_name: 'backupmx_domain', client_capabilities: { deferral_allowed: true } };
    expect(await plugin.call('ReadDataSource', { ...request, config: current })).toMatchObject({
      diagnostics: [],
      deferred: { reason: 2 },
    });
    expect(await plugin.call<Told>('ReadDataSource', { type_name: 'backupmx_domain', config: current })).toMatchObject({
      diagnostics: [{ detail: expect.stringContaining('is known only after an apply') }],
    });
  });

  test('a state of another version gets the keys of this one', async () => {
    const plugin = await start();
    const raw = { json: Buffer.from(JSON.stringify({ name: 'a.example', was_removed: 1 })) };
    const request = { type_name: 'backupmx_domain', version: 0, raw_state: raw };
    const { upgraded_state: upgraded } = await plugin.call<{ upgraded_state: { msgpack: Uint8Array } }>(
      'UpgradeResourceState',
      request,
    );
    const values = decodeDynamic(upgraded) ?? {};
    expect(values).toMatchObject({ name: 'a.example', labels: null });
    expect('was_removed' in values).toBe(false);
  });
});

test('the octets of messages are those that Terraform reads', () => {
  const { PlanResourceChange, ConfigureProvider } = serviceDefinition(PROVIDER_SERVICE, PROVIDER_METHODS);
  expect(PlanResourceChange?.path).toBe('/tfplugin6.Provider/PlanResourceChange');
  const answer = {
    planned_state: { msgpack: Buffer.from([0xc0]) },
    requires_replace: [{ steps: [{ attribute_name: 'a' }, { element_key_int: 0 }] }],
    diagnostics: [{ severity: 1, summary: 's', detail: 'd' }],
  };
  expect(PlanResourceChange?.responseSerialize(answer).toString('hex')).toBe(
    ['0a03', '0a01c0', '1209', '0a03', '0a0161', '0a02', '1800', '2208', '0801', '120173', '1a0164'].join(''),
  );
  expect(ConfigureProvider?.requestDeserialize(Buffer.from('0a0131120312018042020801', 'hex'))).toMatchObject({
    terraform_version: '1',
  });
  expect(COOKIE).toHaveLength(64);
});
