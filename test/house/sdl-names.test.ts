/** One word per idea in schema.graphql: the rules of docs/api.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'bun:test';
import {
  buildSchema,
  getNamedType,
  type GraphQLField,
  type GraphQLInputField,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { kindName } from '../../src/mail/kind-name.ts';
import { EVENT_LEVELS, nameOfEvent } from '../../src/telemetry/log-events.ts';

const ROOT = new URL('../..', import.meta.url);
const schema = buildSchema(readFileSync(new URL('schema.graphql', ROOT), 'utf8'));
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const OPERATIONS = ['Query', 'Mutation', 'Subscription'];

interface Named {
  readonly owner: string;
  readonly isInput: boolean;
  readonly field: GraphQLField<unknown, unknown> | GraphQLInputField;
}

const fields: readonly Named[] = types.flatMap((type): Named[] => {
  if (isObjectType(type) || isInterfaceType(type))
    return Object.values(type.getFields()).map((field) => ({ owner: type.name, isInput: false, field }));
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => ({ owner: type.name, isInput: true, field }));
  return [];
});
const plain = fields.filter(({ owner }) => !OPERATIONS.includes(owner));
const placeOf = ({ owner, field }: Named): string => `${owner}.${field.name}`;
const typeOf = ({ field }: Named): string => getNamedType(field.type).name;
const isList = ({ field: { type } }: Named): boolean => isListType(isNonNullType(type) ? type.ofType : type);

/** The places that break a rule, without those that may. */
function broken(fits: (named: Named) => boolean, allowed: readonly string[] = []): readonly string[] {
  return plain
    .filter((named) => !fits(named))
    .map(placeOf)
    .filter((place) => !allowed.includes(place));
}

test('a field that ends in Id is an id of ours, and an id ends so', () => {
  const isId = (named: Named): boolean => typeOf(named) === 'ID' && !isList(named);
  expect(broken((named) => !isId(named) || /^(id|cursor)$|Id$/.test(named.field.name))).toEqual([]);
  expect(
    broken(
      (named) => isId(named) || !named.field.name.endsWith('Id'),
      ['Message.internetMessageId', 'MessageFilter.internetMessageId'],
    ),
  ).toEqual([]);
});

test('whether is said by is, has or should', () => {
  const isWhether = (named: Named): boolean => !named.isInput && typeOf(named) === 'Boolean';
  expect(broken((named) => !isWhether(named) || /^(is|has|should)[A-Z]/.test(named.field.name))).toEqual([]);
});

test('a unit stands in no name where a scalar says it', () => {
  expect(broken(({ field }) => !/(Bytes|Octets|Ms|Seconds|Minutes|Hours|Days)$/.test(field.name))).toEqual([]);
  // Rates have no scalar.
  const rates = plain.filter(({ field }) => /Per(Second|Minute)$/.test(field.name)).map(placeOf);
  expect(rates).toEqual(expect.arrayContaining(['OutageDrain.messagesPerSecond', 'Domain.drainPerMinute']));
});

test('an instant ends in At, or bounds a time by since, until or from', () => {
  const isInstant = (named: Named): boolean => typeOf(named) === 'DateTime';
  const isNamedSo = ({ field: { name } }: Named): boolean => /At$|^at$|^from$|[sS]ince$|[uU]ntil$/.test(name);
  // A list of them is a plural.
  expect(broken((named) => !isInstant(named) || isNamedSo(named), ['DomainQueue.nextAttempts'])).toEqual([]);
  expect(broken((named) => isInstant(named) || !/[a-z]At$/.test(named.field.name))).toEqual([]);
  for (const word of ['beganAt', 'finishedAt', 'nextProbeAt', 'endsAt', 'openedAt', 'closedAt'])
    expect(broken(({ field }) => field.name !== word)).toEqual([]);
});

test('a number of things ends in Count', () => {
  // Settings, positions and counters that are no numbers of things.
  const others = [
    ...['TenantQuotas', 'TenantQuotasInput'].flatMap((owner) =>
      ['domains', 'recipientEntries', 'tokens', 'webhooks', 'alertContacts'].map((name) => `${owner}.${name}`),
    ),
    'RejectionCount.count',
    'SituationCount.count',
    'WebhookDelivery.responseStatus',
  ];
  const known = /Count$|[rR]evision$|^(port|preference|weight|dnsblThreshold|drainPerMinute)$/;
  expect(broken((named) => typeOf(named) !== 'Int' || known.test(named.field.name), others)).toEqual([]);
});

test('words that another one has taken the place of', () => {
  const GONE = [
    'class',
    'type',
    'generation',
    'ifGeneration',
    'transaction',
    'forwardPath',
    'reference',
    'clientIp',
    'total',
    'done',
  ];
  expect(broken(({ field }) => !GONE.includes(field.name), ['MxFormRecord.type'])).toEqual([]);
});

test('a filter and an input say a thing as its type does', () => {
  const words = ['domain', 'clientAddress', 'recipient', 'reversePath', 'code', 'isDryRun', 'size', 'state', 'kind'];
  const shown = new Set(plain.filter(({ isInput }) => !isInput).map(({ field }) => field.name));
  const asked = plain.filter(({ owner }) => owner.endsWith('Filter')).map(({ field }) => field.name);
  for (const word of words.filter((word) => asked.includes(word)))
    expect([word, shown.has(word) || word === 'recipient' || word === 'domain']).toEqual([word, true]);
});

test('no item of a list is null, and no connection; for an id that finds nothing, nodes has null', () => {
  const hasNullItem = ({ field: { type } }: Named): boolean => {
    const list = isNonNullType(type) ? type.ofType : type;
    return isListType(list) && !isNonNullType(list.ofType);
  };
  expect(fields.filter(isList).length).toBeGreaterThan(100);
  expect(fields.filter(hasNullItem).map(placeOf)).toEqual(['Query.nodes']);
  const connections = fields.filter((named) => typeOf(named).endsWith('Connection'));
  expect(connections.length).toBeGreaterThan(15);
  expect(connections.filter(({ field }) => !isNonNullType(field.type)).map(placeOf)).toEqual([]);
});

test('an input field is named by the code of the service', () => {
  const folder = new URL('src/', ROOT);
  const isService = (file: string): boolean =>
    file.endsWith('.ts') && !/^(clients|console)\b/.test(file) && !file.endsWith('generated.ts');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isService);
  expect(files.length).toBeGreaterThan(200);
  const words = new Set(files.flatMap((file) => readFileSync(new URL(file, folder), 'utf8').match(/\w+/g) ?? []));
  const inputs = plain.filter(({ isInput }) => isInput);
  expect(inputs.filter(({ field }) => !words.has(field.name)).map(placeOf)).toEqual([]);
});

test('a mutation is a noun and a verb; its input and its payload bear its name', () => {
  for (const { field } of fields.filter(({ owner }) => owner === 'Mutation')) {
    const name = `${field.name.slice(0, 1).toUpperCase()}${field.name.slice(1)}`;
    expect([
      String(field.type),
      ...('args' in field ? field.args.map(({ name: arg, type }) => `${arg}: ${String(type)}`) : []),
    ]).toEqual([`${name}Payload!`, `input: ${name}Input!`]);
    const payload = schema.getType(`${name}Payload`);
    expect(isObjectType(payload) ? String(payload.getFields()['userErrors']?.type) : '').toBe('[UserError!]!');
  }
});

test('whoever can be created can be deleted, by these words', () => {
  const names = fields.filter(({ owner }) => owner === 'Mutation').map(({ field }) => field.name);
  const nouns = names.flatMap((name) => /^(\w+?)Create$/.exec(name)?.[1] ?? []);
  expect(nouns.length).toBeGreaterThan(4);
  // A link of the console ends by itself: opened once, or after two minutes.
  for (const noun of nouns.filter((each) => each !== 'consoleLink')) expect(names).toContain(`${noun}Delete`);
  expect(names.filter((name) => /(Remove|Revoke|Destroy|Add|New)$/.test(name))).toEqual([
    'recipientListAdd',
    'recipientListRemove',
  ]);
});

test('values of enums are upper case, scalars and types say what they are', () => {
  for (const type of types) {
    if (isEnumType(type)) for (const { name } of type.getValues()) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
    if (isScalarType(type) && !['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) {
      expect((type.description ?? '').length).toBeGreaterThan(20);
      expect(type.specifiedByURL).toStartWith('https://');
    }
  }
});

test('docs/api.md has a row for each of these rules', () => {
  const page = readFileSync(new URL('docs/api.md', ROOT), 'utf8');
  for (const word of [
    'expectedRevision',
    'recipientList',
    'internetMessageId',
    'nextAttemptAt',
    'Duration',
    'ByteCount',
    'kind',
    'userErrors',
  ])
    expect(page).toContain(`\`${word}\``);
});

const valuesOf = (name: string): readonly string[] => {
  const type = schema.getType(name);
  return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
};

test('an event has one name in every enum of events, and in the log', () => {
  const webhooks = valuesOf('WebhookEventKind');
  expect(webhooks).toContain('OUTAGE_OPENED');
  // Each change of an outage is told by webhooks too.
  expect(valuesOf('OutageChangeKind').filter((kind) => !webhooks.includes(kind))).toEqual([]);
  // What a timeline tells of an outage, the service, and the breaker.
  const told = valuesOf('TimelineKind').filter((kind) => /^(OUTAGE|SERVICE|BREAKER)_|TROUBLE/.test(kind));
  expect(told.filter((kind) => !webhooks.includes(kind))).toEqual(['BREAKER_TRIAL']);
  const logged = Object.keys(EVENT_LEVELS).map(nameOfEvent);
  expect(logged.filter((name) => !/^[a-z]+(\.[a-z_]+)?$/.test(name))).toEqual([]);
  const known = [...webhooks, ...valuesOf('TimelineKind')].map(kindName);
  const alike = logged.filter((name) => /^(outage|service|breaker|domain)\./.test(name));
  expect(alike).toContain('outage.opened');
  expect(alike.filter((name) => !known.includes(name))).toEqual([]);
});

test('an input with a default is never null', () => {
  const withDefault = plain.filter(
    ({ isInput, field }) => isInput && 'defaultValue' in field && field.defaultValue !== undefined,
  );
  expect(withDefault.length).toBeGreaterThan(8);
  expect(withDefault.filter(({ field }) => !isNonNullType(field.type)).map(placeOf)).toEqual([]);
});
