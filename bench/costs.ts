/**
 * `costs`: what each field of the API takes of the processor for what it costs, asked as an attacker would: as often as one request
 * may, with as little of an answer as there can be. A field that is cheap for what it takes is the one that stops mail.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema, getNamedType, isLeafType, isObjectType, parse } from 'graphql';
import { FIELD_WORK } from '../src/control/admission/field-work.ts';
import { billOf } from '../src/control/admission/limits.ts';
import type { Service } from '../test/helpers/service.ts';
import { fillForCosts } from './costs-fill.ts';
import { findDatabase } from './database.ts';
import { readingToken } from './page-times.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report } from './report.ts';
import { makeBenchFolder, startOurs } from './sides.ts';

/** For each field: enough time of the processor to be counted in hundredths of a second. */
const COST_A_FIELD = 150_000;
const MIN_RUNS = 6;
/** A field may take as many times longer for its cost than the median. */
const MOST_TIMES = 10;
/** What every request costs, whatever it asks for (billing.ts). */
const REQUEST_COST = 50;

const schema = buildSchema(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'));

/** How things of a type are asked for, as many as one request may; and how often the field is then repeated. */
const PLACES: Readonly<Record<string, { readonly around: (fields: string) => string; readonly aliases: number }>> = {
  Query: { around: (fields) => `{ ${fields} }`, aliases: 50 },
  Service: { around: (fields) => `{ service { ${fields} } }`, aliases: 50 },
  Viewer: { around: (fields) => `{ viewer { ${fields} } }`, aliases: 50 },
  Domain: inList('domains'),
  DomainQueue: inList('domains', 'queue'),
  DnsblZone: inList('domains', 'dnsblZones'),
  RecipientList: inList('domains', 'recipientList'),
  Outage: inList('outages'),
  Rejection: inList('rejections'),
  Message: inList('messages'),
  Recipient: inList('messages', 'recipients'),
  TimelineEntry: inList('messages', 'timeline(first: 5) { nodes', '}'),
  Operation: inList('operations'),
  Token: inList('tokens'),
  Webhook: inList('webhooks'),
  AlertContact: inList('alertContacts'),
  AuditEntry: inList('auditEntries'),
  Tenant: { around: (fields) => `{ viewer { tenant { ${fields} } } }`, aliases: 50 },
};

function inList(list: string, inner?: string, end = '') {
  const open = inner === undefined ? '' : `${inner} {`;
  const close = inner === undefined ? '' : `} ${end}`;
  return {
    around: (fields: string) => `{ ${list}(first: 100) { nodes { ${open} ${fields} ${close} } } }`,
    aliases: 20,
  };
}

/** What finds least for what it looks through. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'Query.rejections': 'first: 1, filter: { reversePath: "nobody@nowhere.example" }',
  'Query.auditEntries': 'first: 1, filter: { mutation: TENANT_DELETE }',
  'Query.messages': 'first: 1, filter: { clientAddress: "10.0.0.0/8" }',
  'Query.domain': 'by: { name: "c$n.example" }',
  'Query.recipientStanding': 'address: "user$n@c$n.example"',
  'Query.rejectionCounts': 'since: "2026-01-01T00:00:00Z", slots: 1',
};
const PLAIN_ARGUMENTS: Readonly<Record<string, string>> = {
  first: '1',
  since: '"2026-01-01T00:00:00Z"',
  slots: '1',
  id: '"$id"',
  ids: '["$id"]',
  reason: '"a test"',
};

/** Not asked here: DNS and its time are elsewhere's; subscriptions come one at a time; whole messages have room of their own. */
const ELSEWHERE =
  /^(Subscription|OutageChange|QueueChange|Mutation)\.|^Domain\.mx$|^Message\.content$|\.isTotalEstimated$/;

/** From the count down to 1. */
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index);

interface Question {
  readonly field: string;
  readonly query: string;
  readonly cost: number;
}

interface Figure extends Question {
  /** Processor time of a request, of PostgreSQL and of the service. */
  readonly databaseMs: number;
  readonly serviceMs: number;
}

/** Processor microseconds for each unit of cost. */
const perCost = ({ databaseMs, serviceMs, cost }: Figure): number => ((databaseMs + serviceMs) * 1000) / cost;

function argumentsOf(typeName: string, fieldName: string): string {
  const special = ARGUMENTS[`${typeName}.${fieldName}`];
  if (special !== undefined) return `(${special})`;
  const type = schema.getType(typeName);
  const args = isObjectType(type) ? (type.getFields()[fieldName]?.args ?? []) : [];
  const given = args.flatMap(({ name }) =>
    PLAIN_ARGUMENTS[name] === undefined ? [] : [`${name}: ${PLAIN_ARGUMENTS[name]}`],
  );
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

function selectionOf(typeName: string, fieldName: string): string {
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  if (field === undefined) throw new Error(`there is no ${typeName}.${fieldName}`);
  const inner = getNamedType(field.type);
  if (isLeafType(inner)) return '';
  return inner.name.endsWith('Connection') ? '{ nodes { __typename } }' : '{ __typename }';
}

/** A field of a connection is asked for with the connection, as deep in the schema as there is one. */
function placeOf(typeName: string, fieldName: string): { readonly place: string; readonly text: string } {
  const text = `${fieldName}${argumentsOf(typeName, fieldName)} ${selectionOf(typeName, fieldName)}`;
  if (!typeName.endsWith('Connection')) return { place: typeName, text };
  const lists = Object.keys(PLACES).flatMap((place) => {
    const type = schema.getType(place);
    const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
    return fields.filter(({ type: of }) => getNamedType(of).name === typeName).map(({ name }) => ({ place, name }));
  });
  const deepest = lists.at(-1);
  if (deepest === undefined) throw new Error(`no list is a ${typeName}`);
  return { place: deepest.place, text: `${deepest.name}(first: 1) { ${text} }` };
}

function questionFor(field: string, id: string): Question {
  const [typeName = '', fieldName = ''] = field.split('.');
  const { place: around, text } = placeOf(typeName, fieldName);
  const place = PLACES[around];
  if (place === undefined) throw new Error(`${field}: this benchmark does not know how to ask for a ${typeName}`);
  const one = text.replace('$id', id);
  // The most that is no more than a request may cost.
  for (const [things, aliases] of [...range(place.aliases).map((count) => [100, count] as const), [10, 1] as const]) {
    const fields = range(aliases).map((number) => `a${number}: ${one.replaceAll('$n', `${number}`)}`);
    const query = place.around(fields.join(' ')).replace('first: 100', `first: ${things}`);
    const bill = billOf({ schema, document: parse(query) });
    if (bill.kind === 'COST') return { field, query, cost: bill.cost + REQUEST_COST };
  }
  throw new Error(`${field} costs more than a request may`);
}

/** Asks once; false: the tenant has to wait. */
async function ask({ httpUrl }: Service, token: string, query: string): Promise<boolean> {
  const response = await fetch(`${httpUrl}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const answer = (await response.json()) as { errors?: unknown };
  if (response.status === 429) return false;
  if (response.status !== 200 || answer.errors !== undefined) throw new Error(`${query}: ${JSON.stringify(answer)}`);
  return true;
}

async function measure(
  service: Service,
  { token, postmasterPid }: { readonly token: string; readonly postmasterPid: number },
  question: Question,
): Promise<Figure> {
  const pids = [postmasterPid, service.pid];
  // The first one is validated, and its statements are planned.
  for (let warm = 0; warm < 2; )
    if (await ask(service, token, question.query)) warm += 1;
    else await sleep(1000);
  const most = Math.max(MIN_RUNS, Math.floor(COST_A_FIELD / question.cost));
  const used = [0, 0];
  let runs = 0;
  while (runs < most) {
    const before = pids.map(readTreeCpuSeconds);
    let isOwed = false;
    while (runs < most && !isOwed) {
      isOwed = !(await ask(service, token, question.query));
      if (!isOwed) runs += 1;
    }
    for (const [index, pid] of pids.entries())
      used[index] = (used[index] ?? 0) + readTreeCpuSeconds(pid) - (before[index] ?? 0);
    if (isOwed) await sleep(1000);
  }
  const [databaseMs = 0, serviceMs = 0] = used.map((seconds) => (seconds / runs) * 1000);
  return { ...question, databaseMs, serviceMs };
}

export async function runCosts(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  try {
    const tenantId = await fillForCosts(service);
    const { postmasterPid } = await findDatabase(service.dataDir);
    const plain: Question = { ...questionFor('Domain.queue', tenantId), field: 'plain values' };
    const query = `{ domains(first: 100) { nodes { ${Array.from({ length: 50 }, (_, index) => `a${index}: name`).join(' ')} } } }`;
    const bill = billOf({ schema, document: parse(query) });
    if (bill.kind !== 'COST') throw bill.error;
    const questions = [
      { ...plain, query, cost: bill.cost + REQUEST_COST },
      ...Object.keys(FIELD_WORK)
        .filter((field) => !ELSEWHERE.test(field))
        .map((field) => questionFor(field, tenantId)),
    ];
    const token = await readingToken(service, tenantId, ['WEBHOOK_WRITE']);
    const figures: Figure[] = [];
    for (const question of questions) {
      const figure = await measure(service, { token, postmasterPid }, question);
      figures.push(figure);
      console.log(rowOf(figure).join(' | '));
    }
    const middle = median(figures.map(perCost));
    const worst = figures.reduce((most, figure) => (perCost(figure) > perCost(most) ? figure : most));
    return {
      head: ['field', 'cost of the request', 'CPU of PostgreSQL, ms', 'of the service, ms', 'µs for each unit of cost'],
      rows: figures.toSorted((a, b) => perCost(b) - perCost(a)).map(rowOf),
      verdicts: [
        {
          name: `the dearest, ${worst.field}, beside the median of ${middle.toFixed(2)} µs`,
          value: perCost(worst) / middle,
          comparison: '≤',
          target: MOST_TIMES,
          unit: ' times',
        },
      ],
      notes: ['as often as one request may ask for it, of up to 100 things, with the least of an answer'],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}

function rowOf(figure: Figure): string[] {
  const { field, cost, databaseMs, serviceMs } = figure;
  return [field, `${cost}`, databaseMs.toFixed(2), serviceMs.toFixed(2), perCost(figure).toFixed(2)];
}
