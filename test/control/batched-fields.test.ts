/** Fields of the things in a list are read for all of them together: a longer page is no more statements. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  buildSchema,
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { newId } from '../../src/mail/id.ts';
import { recordFailure } from '../../src/outage/clock.ts';
import { addDomain, endMessage, type Harness, holdMessage, startControl } from './harness.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const THINGS = ['a', 'b', 'c'];

/** Each of these is asked for by itself: the DNS, and a whole message with an audit entry of its own. */
const ALONE = new Set(['Domain.mx', 'Message.content']);
const ARGUMENTS: Readonly<Record<string, string>> = { first: '2', since: '"2020-01-01T00:00:00Z"', reason: '"a test"' };

let control: Harness;
let statements: string[] = [];

beforeAll(async () => {
  control = await startControl();
  const { sql } = control.database;
  // Each is written to: the newest messages are those of domains.
  for (const name of THINGS)
    await control.ask(
      `mutation { alertContactCreate(input: { address: "${name}@watch.example.net" }) { userErrors { code } } }`,
    );
  for (const name of THINGS) {
    const destinationId = await addDomain(control, `${name}.example`);
    await holdMessage(control.database, { destinationId });
    await endMessage(control.database, await holdMessage(control.database, { destinationId }), 'FAILED');
    const [now] = await sql<{ at: string }[]>`select bmx_now()::text as at`;
    await recordFailure(sql, { destinationId, begunAt: now?.at ?? '', trouble: 'REFUSED', reply: '[refused]' });
    await sql`
      insert into rejections (id, tenant_id, destination_id, ehlo_name, command, rejection, reply)
      select ${newId()}, tenant_id, id, 'c', 'RCPT', 'BMX-USER', '550' from destinations where id = ${destinationId}`;
    await control.ask(`mutation {
      tenantCreate(input: { name: "${name}" }) { userErrors { code } }
      tokenCreate(input: { name: "${name}", scopes: [QUEUE_READ] }) { userErrors { code } }
      webhookCreate(input: { url: "https://${name}.hooks.example/", events: [OUTAGE_OPENED] }) { userErrors { code } }
      messagesRetry(input: { filter: { domain: "${name}.example" } }) { userErrors { code } }
      domainDrill(input: { name: "${name}.example" }) { userErrors { code } }
      domainDrillSchedule(input: { name: "${name}.example", interval: "P30D" }) { userErrors { code } } }`);
  }
  sql.options.debug = (_connection, text) => void statements.push(text);
});
afterAll(() => control.close());

type Field = GraphQLField<unknown, unknown>;

const fieldsOf = (type: GraphQLObjectType): Field[] => Object.values(type.getFields());

/** The arguments that a field cannot do without; null: this file does not know one. */
function argumentsOf({ args }: Field): string | null {
  // Of a list that is also paged from its end neither is required.
  if (args.some(({ name }) => name === 'last')) return `(first: ${ARGUMENTS['first']})`;
  const needed = args.filter((arg) => isRequiredArgument(arg)).map(({ name }) => `${name}: ${ARGUMENTS[name] ?? ''}`);
  if (needed.some((text) => text.endsWith(': '))) return null;
  return needed.length === 0 ? '' : `(${needed.join(', ')})`;
}

/** The field with the plain values of what it leads to. */
function asked(field: Field): string | null {
  const args = argumentsOf(field);
  if (args === null) return null;
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return `${field.name}${args}`;
  if (type.name.endsWith('Connection')) return `${field.name}${args} { nodes { __typename } }`;
  const values = fieldsOf(type).filter((each) => isLeafType(getNamedType(each.type)) && each.args.length === 0);
  return `${field.name}${args} { __typename ${values.map(({ name }) => name).join(' ')} }`;
}

const lists = fieldsOf(schema.getQueryType() as GraphQLObjectType).flatMap((list) => {
  const connection = getNamedType(list.type);
  const isConnection = isObjectType(connection) && connection.name.endsWith('Connection');
  const nodes = isConnection ? connection.getFields()['nodes'] : undefined;
  const item = nodes === undefined ? undefined : getNamedType(nodes.type);
  return isObjectType(item) ? [{ list: list.name, item }] : [];
});
const questions = lists.flatMap(({ list, item }) =>
  fieldsOf(item)
    .filter(({ name }) => !ALONE.has(`${item.name}.${name}`))
    .map((field) => ({ list, name: `${list} { ${field.name} }`, text: asked(field) })),
);

async function countFor(list: string, text: string, first: number): Promise<number> {
  const query = `{ ${list}(first: ${first}) { nodes { ${text} } } }`;
  statements = [];
  const answer = await control.ask<Record<string, { nodes: unknown[] }>>(query);
  expect([list, answer[list]?.nodes.length]).toEqual([list, first]);
  return statements.length;
}

test('each list and each field is asked for', () => {
  expect(lists.length).toBeGreaterThan(8);
  expect(questions.filter(({ text }) => text === null).map(({ name }) => name)).toEqual([]);
});

test('a page of three asks the database as often as a page of one', async () => {
  const unequal: string[] = [];
  for (const { list, name, text } of questions) {
    const one = await countFor(list, text ?? '', 1);
    const three = await countFor(list, text ?? '', 3);
    if (three !== one) unequal.push(`${name}: ${one} and ${three}`);
  }
  expect(unequal).toEqual([]);
});
