/**
 * One refusal, followed: the reply's reference leads to the log, the API and the metrics, its address to a page that explains.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { eventsOf } from '../helpers/service-log.ts';

const DOMAIN = 'listed.example';
const REFUSAL =
  /^(?<reply>550 5\.1\.1 .+) \(reference (?<reference>[0-9a-f-]{36})\) (?<code>BMX-USER) (?<page>http:\/\/\S+)$/;

interface Refused {
  readonly id: string;
  readonly code: string;
  readonly reply: string;
  readonly reversePath: string | null;
  readonly recipient: string | null;
  readonly clientAddress: string | null;
  readonly ehloName: string;
  readonly domain: { readonly name: string } | null;
}

let flow: Flow;
beforeAll(async () => {
  flow = await startFlow({}, { LOG_FORMAT: 'json' });
  const deliverTo = [{ host: '127.0.0.2', port: 25 }];
  expect(await flow.change('domainCreate', { name: DOMAIN, deliverTo, recipientList: ['known'] })).toEqual([]);
});
afterAll(() => flow.close());

async function refusals(filter: Readonly<Record<string, unknown>>): Promise<readonly Refused[]> {
  const { rejections } = await flow.service.graphql<{ rejections: { nodes: Refused[] } }>(
    `query ($filter: RejectionFilter) { rejections(first: 10, filter: $filter) {
       nodes { id code reply reversePath recipient clientAddress ehloName domain { name } } } }`,
    { filter },
  );
  return rejections.nodes;
}

test('a refused recipient is found by its reference, and its reply leads to an explanation', async () => {
  const peer = await flow.connect();
  await peer.ask('MAIL FROM:<from@sender.example>');
  const told = await peer.ask(`RCPT TO:<Nobody@${DOMAIN}>`);
  const { reference = '', reply = '', code = '', page = '' } = REFUSAL.exec(told)?.groups ?? {};
  expect(reference, told).not.toBe('');

  const [found] = await until('the refusal is recorded', PATIENCE_MS, async () => {
    const found = await refusals({
      domain: DOMAIN,
      code: code.replace('-', '_'),
      recipient: `nobody@${DOMAIN}`,
      clientAddress: '127.0.0.0/8',
    });
    return found.length > 0 && found;
  });
  expect(found).toEqual({
    id: reference,
    code: 'BMX_USER',
    reply,
    reversePath: 'from@sender.example',
    recipient: `Nobody@${DOMAIN}`,
    clientAddress: '127.0.0.1',
    ehloName: 'client.sender.example',
    domain: { name: DOMAIN },
  });

  expect(await refusals({ id: reference })).toEqual(found === undefined ? [] : [found]);
  expect(eventsOf(flow.service).filter((event) => event['reference'] === reference)).toMatchObject([
    { event: 'refused', rejection: 'BMX-USER', reply },
  ]);
  const metrics = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
  expect(metrics).toContain('backup_mx_refused_total{code="BMX-USER"} 1\n');
  expect(metrics).toContain('backup_mx_rejections_unrecorded_total 0\n');

  const explained = await fetch(page);
  expect(explained.status).toBe(200);
  expect(await explained.text()).toContain('BMX-USER: mail refused');
  expect(await peer.ask(`RCPT TO:<known@${DOMAIN}>`)).toStartWith('250 ');
  peer.destroy();
});

test('what concerns no served domain has no domain, and is recorded all the same', async () => {
  const peer = await flow.connect();
  await peer.ask('MAIL FROM:<>');
  const told = await peer.ask('RCPT TO:<user@elsewhere.example>');
  peer.destroy();
  const [found] = await until('the refusal is recorded', PATIENCE_MS, async () => {
    const found = await refusals({ code: 'BMX_RELAY' });
    return found.length > 0 && found;
  });
  expect(found).toMatchObject({ domain: null, reversePath: null, recipient: 'user@elsewhere.example' });
  expect(told).toContain(`(reference ${found?.id})`);
});
