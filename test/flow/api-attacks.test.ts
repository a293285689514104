/** Honest mail while a token with one read scope, or one that may write lists, asks the API for all it can. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { type Service, startService } from '../helpers/service.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
const MAILBOX = 'user@held.example';

let service: Service;
/** Of another tenant than the operator's. */
let reader: string;
let writer: string;
beforeAll(async () => {
  service = await startService({
    env: { IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`, DELIVERY_HOLD: 'true', LOG_LEVEL: 'warn' },
  });
  const { tenantCreate } = await service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "attacker" }) { tenant { id } } }',
  );
  const tokenWith = async (scopes: string[]): Promise<string> => {
    const { tokenCreate } = await service.graphql<{ tokenCreate: { secret: string } }>(
      'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
      { input: { tenantId: tenantCreate.tenant.id, name: scopes.join(), scopes } },
    );
    return tokenCreate.secret;
  };
  reader = await tokenWith(['QUEUE_READ']);
  writer = await tokenWith(['DOMAIN_WRITE']);
  await service.graphql(
    'mutation { domainCreate(input: { name: "held.example", deliverTo: [{ host: "192.0.2.1" }], callAheads: false }) { userErrors { code } } }',
  );
}, 60_000);
afterAll(() => service.remove());

interface Tally {
  statuses: Record<string, number>;
}

/** Sends a body `perSecond` times a second, whatever becomes of those before; no more than `most` at once. */
async function pour(
  {
    token,
    body,
    perSecond,
    most,
  }: { token: string; body: (turn: number) => string | Uint8Array<ArrayBuffer>; perSecond: number; most: number },
  signal: AbortSignal,
): Promise<Tally> {
  const tally: Tally = { statuses: {} };
  const open = new Set<Promise<void>>();
  for (let turn = 0; !signal.aborted; turn += 1) {
    if (open.size < most) {
      const sent: Promise<void> = fetch(`${service.httpUrl}/graphql`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: body(turn),
      })
        .then(async (response) => {
          await response.arrayBuffer();
          return `${response.status}`;
        })
        .catch(() => 'cut')
        .then((status) => {
          tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
          open.delete(sent);
        });
      open.add(sent);
    }
    await sleep(1000 / perSecond);
  }
  await Promise.all(open);
  return tally;
}

const repeat = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');
const asQuery = (query: string): string => JSON.stringify({ query });

/** Each fragment goes on with the next, and fields of one name meet in all of them. */
const fragments = (turn: number): string =>
  asQuery(
    `query Q${turn} { ${repeat(400, (index) => `...F${index}`)} } ${repeat(400, (index) => `fragment F${index} on Query { service { version } }`)}`,
  );
const sameFields = (turn: number): string => asQuery(`query Q${turn} { ${'service { version } '.repeat(2_400)} }`);
const schemas = (turn: number): string =>
  asQuery(
    `query Q${turn} { ${repeat(48, (index) => `a${index}: __schema { types { name description fields { name description args { name description } } } }`)} }`,
  );
const longNames = (turn: number): string => asQuery(`query Q${turn} { ${repeat(3, () => 'x'.repeat(80_000))} }`);

test.each([
  ['400 fragments', fragments, '200'],
  ['2,400 fields of one name', sameFields, '200'],
  ['48 schemas', schemas, '200'],
  ['long names', longNames, '200'],
])('%s, ten times a second', async (name, body) => {
  let tally: Tally = { statuses: {} };
  const beside = await measureBeside({
    service,
    recipient: MAILBOX,
    pairs: 1,
    attack: async (signal) => {
      tally = await pour({ token: reader, body, perSecond: 10, most: 50 }, signal);
    },
  });
  console.log(tally.statuses);
  expect(Object.keys(tally.statuses)).not.toContain('500');
  expectHarmless(name, beside, IN_FLIGHT_BYTES);
});

test.each([
  ['eight bodies of 45 MB that nothing declares', '{ viewer { scopes } }', 'reader'],
  [
    'eight bodies of 45 MB for a list',
    'mutation ($input: RecipientsAddInput!) { recipientsAdd(input: $input) { userErrors { code } } }',
    'writer',
  ],
])('%s', async (name, query, who) => {
  // Made once: the attacker's own work must not be what slows the service down.
  const text = `{"query":${JSON.stringify(query)},"variables":{"input":{"localParts":[${'{},'.repeat(15_000_000)}{}]}}}`;
  const body = Buffer.from(text);
  let tally: Tally = { statuses: {} };
  const beside = await measureBeside({
    service,
    recipient: MAILBOX,
    pairs: 1,
    attack: async (signal) => {
      tally = await pour(
        { token: who === 'reader' ? reader : writer, body: () => body, perSecond: 20, most: 8 },
        signal,
      );
    },
  });
  console.log(tally.statuses);
  expect(Object.keys(tally.statuses)).not.toContain('200');
  expectHarmless(name, beside, IN_FLIGHT_BYTES);
});
