/**
 * Terraform's side of the protocol: state, plans, applies and imports of resources, in the order of its calls and with its checks
 * of what a provider answers. What Terraform would refuse of a provider throws here; what it would show a user is a diagnostic.
 *
 * Does not know expressions: a configuration is values, where UNKNOWN stands for what another resource will say.
 */
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import { isKnown, isSame, type State, type Type, UNKNOWN, type Value } from '../../src/clients/terraform/sdk/value.ts';
import type { Plugin } from './terraform-plugin.ts';

export interface Block {
  readonly type: string;
  readonly config: State;
}

/** Address → what the configuration says. */
export type Configuration = Readonly<Record<string, Block>>;

interface Instance {
  readonly type: string;
  readonly values: State;
  readonly isTainted: boolean;
}

export interface Change {
  readonly address: string;
  readonly type: string;
  readonly action: 'CREATE' | 'UPDATE' | 'REPLACE' | 'DELETE' | 'NO_OP';
  readonly prior: State | null;
  readonly planned: State | null;
  readonly config: State | null;
}

/** `error: SUMMARY (at PATH): DETAIL`. */
export type Told = string;

export interface Planned {
  readonly changes: readonly Change[];
  readonly told: readonly Told[];
}

export interface Terraform {
  readonly state: Map<string, Instance>;
  validate(configuration: Configuration): Promise<readonly Told[]>;
  /** Refreshes the state, then plans; changes nothing else. */
  plan(configuration: Configuration): Promise<Planned>;
  apply(planned: Planned): Promise<readonly Told[]>;
  /** Plan and apply; throws on what is told. */
  applyAll(configuration: Configuration): Promise<Planned>;
  import(address: string, type: string, id: string): Promise<readonly Told[]>;
  readData(type: string, config: State): Promise<{ readonly values: State | null; readonly told: readonly Told[] }>;
  /** Values are null when something was told. */
  openEphemeral(type: string, config: State): Promise<Ephemeral>;
  values(address: string): State;
}

export interface Ephemeral {
  readonly values: State | null;
  readonly told: readonly Told[];
  close(): Promise<readonly Told[]>;
}

interface AttributeSchema {
  readonly name: string;
  readonly type: Uint8Array;
  readonly required: boolean;
  readonly optional: boolean;
  readonly computed: boolean;
  readonly write_only: boolean;
}

interface Dynamic {
  readonly msgpack: Uint8Array;
}

interface Answer {
  readonly diagnostics: readonly {
    readonly severity: number;
    readonly summary: string;
    readonly detail: string;
    readonly attribute: { readonly steps: readonly Readonly<Record<string, string | number>>[] } | null;
  }[];
}

type Attributes = readonly (Omit<AttributeSchema, 'type'> & { readonly type: Type })[];

const codec = new ExtensionCodec();
codec.register({
  type: 0,
  encode: (value) => (value === UNKNOWN ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});

export function encodeDynamic(value: State | null): Dynamic {
  return { msgpack: encode(value, { extensionCodec: codec }) };
}

export function decodeDynamic(value: Dynamic | null): State | null {
  return value === null || value.msgpack.length === 0
    ? null
    : (decode(value.msgpack, { extensionCodec: codec }) as State | null);
}

/** As Terraform 1.11 tells of itself. */
const CLIENT = { write_only_attributes_allowed: true };
/** How many requests Terraform makes at once. */
const PARALLELISM = 10;

/** With a provider that is configured already, unless `provider` says how. */
export async function createTerraform(plugin: Plugin, provider: State = {}): Promise<Terraform> {
  type Schemas = Readonly<Record<string, { readonly block: { readonly attributes: readonly AttributeSchema[] } }>>;
  const schema = await plugin.call<{
    readonly provider: Schemas[string];
    readonly resource_schemas: Schemas;
    readonly data_source_schemas: Schemas;
    readonly ephemeral_resource_schemas: Schemas;
  }>('GetProviderSchema');
  const attributesOf = (found: Schemas[string] | undefined): Attributes => {
    if (found === undefined) throw new Error('Invalid resource type');
    return found.block.attributes.map((each) => ({
      ...each,
      type: JSON.parse(Buffer.from(each.type).toString()) as Type,
    }));
  };
  const resource = (type: string) => attributesOf(schema.resource_schemas[type]);
  const state = new Map<string, Instance>();

  const block = encodeDynamic(complete(attributesOf(schema.provider), provider));
  const configured = [
    ...told(await plugin.call<Answer>('ValidateProviderConfig', { config: block })),
    ...told(await plugin.call<Answer>('ConfigureProvider', { terraform_version: '1.11.4', config: block })),
  ];
  if (configured.length > 0) throw new Error(configured.join('\n'));

  async function refresh(address: string, { type, values, isTainted }: Instance): Promise<readonly Told[]> {
    const attributes = resource(type);
    const raw = { json: Buffer.from(JSON.stringify(values)), flatmap: {} };
    const upgraded = await plugin.call<Answer & { upgraded_state: Dynamic }>('UpgradeResourceState', {
      type_name: type,
      version: 0,
      raw_state: raw,
    });
    const read = await plugin.call<Answer & { new_state: Dynamic | null }>('ReadResource', {
      type_name: type,
      current_state: upgraded.upgraded_state,
    });
    const found = told(read);
    if (found.length > 0) return found;
    const fresh = decodeDynamic(read.new_state);
    if (fresh === null) state.delete(address);
    else {
      conform(attributes, fresh, 'Provider produced invalid object');
      if (!Object.values(fresh).every(isKnown)) throw new Error('Provider produced invalid object: unknown after read');
      state.set(address, { type, values: fresh, isTainted });
    }
    return [];
  }

  async function planOne(address: string, { type, config: given }: Block): Promise<[Change | null, readonly Told[]]> {
    const attributes = resource(type);
    const config = complete(attributes, given);
    const instance = state.get(address);
    const prior = instance?.values ?? null;
    const validated = told(
      await plugin.call<Answer>('ValidateResourceConfig', {
        type_name: type,
        config: encodeDynamic(config),
        client_capabilities: CLIENT,
      }),
    );
    if (validated.length > 0) return [null, validated];
    const ask = async (from: State | null) => {
      const answer = await plugin.call<Answer & { planned_state: Dynamic; requires_replace: readonly Steps[] }>(
        'PlanResourceChange',
        {
          type_name: type,
          prior_state: encodeDynamic(from),
          proposed_new_state: encodeDynamic(proposed(attributes, from, config)),
          config: encodeDynamic(config),
        },
      );
      const planned = decodeDynamic(answer.planned_state);
      if (planned !== null) assertPlanValid(address, attributes, { prior: from, config, planned });
      return { planned, replacing: answer.requires_replace, diagnostics: told(answer) };
    };
    const first = await ask(instance?.isTainted === true ? null : prior);
    const change = { address, type, prior, config };
    const lines = first.diagnostics;
    if (lines.some((line) => line.startsWith('error')) || first.planned === null) return [null, lines];
    if (prior === null) return [{ ...change, action: 'CREATE', planned: first.planned }, lines];
    if (instance?.isTainted === true) return [{ ...change, action: 'REPLACE', planned: first.planned }, lines];
    const isReplaced = first.replacing.some(({ steps: [step] }) => {
      const name = String(step?.['attribute_name']);
      return !isSame(typeOf(attributes, name), prior[name] ?? null, first.planned?.[name] ?? null);
    });
    if (isReplaced) return [{ ...change, action: 'REPLACE', planned: (await ask(null)).planned }, lines];
    const isNoOp = attributes.every(({ name, type: of }) =>
      isSame(of, prior[name] ?? null, first.planned?.[name] ?? null),
    );
    return [{ ...change, action: isNoOp ? 'NO_OP' : 'UPDATE', planned: first.planned }, lines];
  }

  /** One call of ApplyResourceChange, and what of it is kept. */
  async function applyOne(change: Change, prior: State | null, planned: State | null): Promise<readonly Told[]> {
    const { address, type, config } = change;
    const attributes = resource(type);
    const answer = await plugin.call<Answer & { new_state: Dynamic | null }>('ApplyResourceChange', {
      type_name: type,
      prior_state: encodeDynamic(prior),
      planned_state: encodeDynamic(planned),
      config: encodeDynamic(planned === null ? null : config),
    });
    const after = decodeDynamic(answer.new_state);
    const diagnostics = told(answer);
    const hasFailed = diagnostics.some((line) => line.startsWith('error'));
    if (after !== null) conform(attributes, after, 'Provider produced invalid object');
    if (after !== null && !Object.values(after).every(isKnown)) {
      throw new Error(`Provider returned invalid result object after apply: ${address} is not wholly known`);
    }
    if (!hasFailed) assertCompatible(address, attributes, planned, after);
    if (after === null) state.delete(address);
    else state.set(address, { type, values: after, isTainted: hasFailed && prior === null });
    return diagnostics;
  }

  const terraform: Terraform = {
    state,
    async validate(configuration) {
      const answers = await Promise.all(
        Object.values(configuration).map(async ({ type, config }) => {
          const whole = encodeDynamic(complete(resource(type), config));
          return told(
            await plugin.call<Answer>('ValidateResourceConfig', {
              type_name: type,
              config: whole,
              client_capabilities: CLIENT,
            }),
          );
        }),
      );
      return answers.flat();
    },
    async plan(configuration) {
      const refreshed = (await eachOf([...state], ([address, instance]) => refresh(address, instance))).flat();
      if (refreshed.length > 0) return { changes: [], told: refreshed };
      const planned = await eachOf(Object.entries(configuration), ([address, each]) => planOne(address, each));
      const removed = [...state].filter(([address]) => !(address in configuration));
      return {
        changes: [
          ...removed.reverse().map(([address, { type, values }]) => ({
            address,
            type,
            action: 'DELETE' as const,
            prior: values,
            planned: null,
            config: null,
          })),
          ...planned.flatMap(([change]) => change ?? []),
        ],
        told: planned.flatMap(([, lines]) => lines),
      };
    },
    async apply({ changes }) {
      const answers = await eachOf(
        changes.filter(({ action }) => action !== 'NO_OP'),
        async (change) => {
          const { action, prior, planned } = change;
          if (action !== 'REPLACE') return applyOne(change, prior, planned);
          const lines = await applyOne(change, prior, null);
          return lines.length > 0 ? lines : applyOne(change, null, planned);
        },
      );
      return answers.flat();
    },
    async applyAll(configuration) {
      const planned = await terraform.plan(configuration);
      const lines = planned.told.length > 0 ? planned.told : await terraform.apply(planned);
      if (lines.length > 0) throw new Error(lines.join('\n'));
      return planned;
    },
    async import(address, type, id) {
      type Imported = Answer & { imported_resources: readonly { type_name: string; state: Dynamic }[] };
      const answer = await plugin.call<Imported>('ImportResourceState', { type_name: type, id });
      const [imported] = answer.imported_resources;
      if (imported === undefined) return told(answer);
      const values = decodeDynamic(imported.state) ?? {};
      const lines = await refresh(address, { type, values, isTainted: false });
      return lines.length === 0 && !state.has(address) ? ['error: Cannot import non-existent remote object'] : lines;
    },
    async readData(type, given) {
      const attributes = attributesOf(schema.data_source_schemas[type]);
      const config = encodeDynamic(complete(attributes, given));
      const invalid = told(await plugin.call<Answer>('ValidateDataResourceConfig', { type_name: type, config }));
      if (invalid.length > 0) return { values: null, told: invalid };
      const answer = await plugin.call<Answer & { state: Dynamic | null }>('ReadDataSource', {
        type_name: type,
        config,
      });
      const values = decodeDynamic(answer.state);
      if (values !== null) conform(attributes, values, 'Provider produced invalid object');
      return { values, told: told(answer) };
    },
    async openEphemeral(type, given) {
      const attributes = attributesOf(schema.ephemeral_resource_schemas[type]);
      const whole = complete(attributes, given);
      const request = { type_name: type, config: encodeDynamic(whole) };
      const invalid = told(await plugin.call<Answer>('ValidateEphemeralResourceConfig', request));
      if (invalid.length > 0) return { values: null, told: invalid, close: async () => [] };
      type Opened = Answer & { readonly result: Dynamic | null; readonly private: Uint8Array };
      const opened = await plugin.call<Opened>('OpenEphemeralResource', request);
      const values = decodeDynamic(opened.result);
      if (values !== null) {
        conform(attributes, values, 'Provider produced invalid object');
        assertPlanValid(type, attributes, { prior: null, config: whole, planned: values });
        if (!Object.values(values).every(isKnown))
          throw new Error('Provider produced invalid object: not wholly known');
      }
      const close = async () =>
        values === null
          ? []
          : told(await plugin.call<Answer>('CloseEphemeralResource', { type_name: type, private: opened.private }));
      return { values, told: told(opened), close };
    },
    values(address) {
      const instance = state.get(address);
      if (instance === undefined) throw new Error(`no ${address} in the state`);
      // A copy: Bun's toMatchObject writes its matchers into what it looks at.
      return { ...instance.values };
    },
  };
  return terraform;
}

interface Steps {
  readonly steps: readonly Readonly<Record<string, string | number>>[];
}

/** Each of them, ten at a time; answers in their order. */
async function eachOf<T, U>(items: readonly T[], does: (item: T) => Promise<U>): Promise<U[]> {
  const answers: U[] = [];
  const left = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of left) answers[index] = await does(item);
  };
  await Promise.all(Array.from({ length: PARALLELISM }, work));
  return answers;
}

function told({ diagnostics }: Answer): readonly Told[] {
  return diagnostics.map(({ severity, summary, detail, attribute }) => {
    const path = attribute?.steps.map((step) => Object.values(step)[0]).join('.');
    return `${severity === 1 ? 'error' : 'warning'}: ${summary}${path === undefined ? '' : ` (at ${path})`}: ${detail}`;
  });
}

/** The configuration with null for what it leaves out, as Terraform decodes it. */
function complete(attributes: Attributes, config: State): State {
  for (const name of Object.keys(config)) {
    const found = attributes.find((each) => each.name === name);
    if (found === undefined) throw new Error(`Unsupported argument: ${name}`);
    if (!found.required && !found.optional) throw new Error(`Invalid Configuration for Read-Only Attribute: ${name}`);
  }
  for (const { name, required } of attributes) {
    if (required && (config[name] ?? null) === null) throw new Error(`Missing required argument: ${name}`);
  }
  return Object.fromEntries(attributes.map(({ name }) => [name, config[name] ?? null]));
}

function proposed(attributes: Attributes, prior: State | null, config: State): State {
  return Object.fromEntries(
    attributes.map(({ name, computed, write_only: isWriteOnly }) => {
      if (isWriteOnly) return [name, null];
      return [name, config[name] ?? (computed ? (prior?.[name] ?? null) : null)];
    }),
  );
}

function typeOf(attributes: Attributes, name: string): Type {
  return attributes.find((each) => each.name === name)?.type ?? 'string';
}

/** Every attribute must be there, and of its type. */
function conform(attributes: Attributes, value: State, what: string): void {
  const names = attributes.map(({ name }) => name);
  if (Object.keys(value).toSorted().join() !== names.toSorted().join()) {
    throw new Error(
      `${what}: an object with ${names.length} attributes is required (${Object.keys(value).length} given)`,
    );
  }
  for (const { name, type, write_only: isWriteOnly } of attributes) {
    if (isWriteOnly && value[name] !== null) throw new Error(`${what}: ["${name}"] is write-only`);
    if (!isOfType(type, value[name] ?? null))
      throw new Error(`${what}: ["${name}"]: ${JSON.stringify(type)} is required`);
  }
}

function isOfType(type: Type, value: Value): boolean {
  if (value === null || value === UNKNOWN) return true;
  if (type === 'bool') return typeof value === 'boolean';
  if (typeof type === 'string') return typeof value === type;
  if (type[0] === 'object') {
    if (typeof value !== 'object' || Object.keys(value).toSorted().join() !== Object.keys(type[1]).toSorted().join())
      return false;
    return Object.entries(type[1]).every(([name, inner]) => isOfType(inner, (value as State)[name] ?? null));
  }
  const [, inner] = type;
  const isList = Array.isArray(value);
  if (isList !== (type[0] !== 'map') || typeof value !== 'object') return false;
  return Object.values(value).every((each) => each !== null && isOfType(inner, each as Value));
}

/** What a plan must be: the configuration where it says something, null where it does not and only it could. */
function assertPlanValid(
  address: string,
  attributes: Attributes,
  { prior, config, planned }: { readonly prior: State | null; readonly config: State; readonly planned: State },
): void {
  conform(attributes, planned, 'Provider produced invalid plan');
  for (const { name, type, computed } of attributes.filter((each) => !each.write_only)) {
    const [plan = null, said = null, was = null] = [planned[name], config[name], prior?.[name]];
    const isFine =
      isSame(type, plan, said) ||
      (said === null && computed) ||
      (said !== null && prior !== null && isSame(type, plan, was));
    if (!isFine) {
      throw new Error(
        `Provider produced invalid plan: ${address}.${name}: planned value ${JSON.stringify(plan)} for a config value ${JSON.stringify(said)}`,
      );
    }
  }
}

/** What an apply must give: what was planned, where it was known. */
function assertCompatible(address: string, attributes: Attributes, planned: State | null, after: State | null): void {
  if ((planned === null) !== (after === null)) {
    throw new Error(
      `Provider produced inconsistent result after apply: ${address} is ${after === null ? 'absent' : 'present'}`,
    );
  }
  for (const { name, type } of attributes) {
    const [plan = null, is = null] = [planned?.[name], after?.[name]];
    if (isKnown(plan) && !isSame(type, plan, is)) {
      throw new Error(
        `Provider produced inconsistent result after apply: ${address}.${name}: was ${JSON.stringify(plan)}, but now ${JSON.stringify(is)}`,
      );
    }
  }
}
