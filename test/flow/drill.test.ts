/**
 * Fire drills through the whole service: the way in, the hold, the command, the way on, and what stands in it.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { drillVerb } from '../../src/clients/cli/drill.ts';
import { parseDuration } from '../../src/mail/duration.ts';
import { findOpenDrills } from '../../src/queue/drills/drills.ts';
import { callVerb } from '../clients/cli/call-verb.ts';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { readBreaker, REFUSAL, untilBreaker } from './breaker-scene.ts';

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
});
afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

/** `backup-mx drill`, as a person calls it. */
async function command(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const { httpUrl, token } = flow.service;
  const env = { BACKUP_MX_URL: httpUrl, BACKUP_MX_TOKEN: token };
  const { code, out, err } = await callVerb(httpUrl, drillVerb, args, { env });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** MX records as they should be: else the drill finds a problem, and the command ends with 1. */
function listInDns(name: string): void {
  flow.dns.set(`mx.${name}`, { A: ['192.0.2.10'] });
  flow.dns.set(name, {
    MX: [
      [10, `mx.${name}`],
      [20, 'backup.test.example'],
    ],
  });
}

interface Drill {
  readonly id: string;
  readonly recipient: string;
  readonly isScheduled: boolean;
  readonly state: string;
  readonly result: string | null;
  readonly messageId: string | null;
  readonly deliverAt: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly endedAfter: string;
    readonly latency: string;
    readonly reply: string;
    readonly host: string | null;
    readonly isPassed: boolean;
  }[];
  readonly findings: readonly { readonly code: string; readonly verdict: string; readonly message: string }[];
}

async function drillsOf(name: string): Promise<readonly Drill[]> {
  const { domain } = await flow.service.graphql<{ domain: { drills: { nodes: Drill[] } } }>(
    `query ($name: String!) { domain(by: { name: $name }) { drills(first: 10) { nodes {
      id recipient isScheduled state result messageId deliverAt
      steps { name endedAfter latency reply host isPassed } findings { code verdict message } } } } }`,
    { name },
  );
  return domain.drills.nodes;
}

/** The newest drill of a domain, once it is so far. */
function untilDrill(name: string, state: string): Promise<Drill> {
  return until(`${name}: a drill that is ${state}`, PATIENCE_MS, async () => {
    const [drill] = await drillsOf(name);
    return drill?.state === state && drill;
  });
}

const verdictOf = ({ findings }: Drill, code: string) => findings.find((finding) => finding.code === code)?.verdict;
const messageOf = ({ findings }: Drill, code: string) => findings.find((finding) => finding.code === code)?.message;
const stepNames = ({ steps }: Drill) => steps.map(({ name }) => name);

test('at once: a marked message goes the whole way, each step is timed, nothing of it is left', async () => {
  const name = 'once.example';
  await flow.addDomain(name, primary);
  expect(await flow.change('domainDrill', { name })).toEqual([]);
  const drill = await untilDrill(name, 'FINISHED');
  expect(drill).toMatchObject({ result: 'DELIVERED', recipient: `postmaster@${name}`, isScheduled: false });
  expect(stepNames(drill)).toEqual(['CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'CONTENT', 'DELIVERY']);
  expect(drill.steps.every(({ isPassed }) => isPassed)).toBe(true);
  const [, , , , , content, delivery] = drill.steps;
  expect(content?.reply).toBe(`250 2.0.0 accepted as ${drill.messageId}`);
  expect(delivery?.reply).toStartWith('250');
  const after = drill.steps.map(({ endedAfter }) => parseDuration(endedAfter) ?? -1);
  expect(after).toEqual(after.toSorted((a, b) => a - b));
  expect([verdictOf(drill, 'STATUS'), verdictOf(drill, 'ACCEPTANCE'), verdictOf(drill, 'DELIVERY')]).toEqual(
    Array(3).fill('OK'),
  );
  // The DNS of this stage knows nothing of it, so that senders would not find us.
  expect(verdictOf(drill, 'MX')).toBe('PROBLEM');
  expect(drill.findings.at(-1)).toEqual({
    code: 'OUTLOOK',
    verdict: 'PROBLEM',
    message: 'In an outage today mail would not come to us, or we would not accept it. See MX.',
  });
  const message = primary.messages.find(({ recipients }) => recipients[0]?.address === `postmaster@${name}`);
  const text = message?.content.toString() ?? '';
  expect(message?.reversePath ?? '').toBe('');
  expect(text).toContain(`X-Backup-MX-Drill: ${drill.id}\r\n`);
  expect(text).toContain('Auto-Submitted: auto-generated\r\n');
  expect((await flow.see(name)).queue.heldCount).toBe(0);
  // What a busy database does not tell in time is absent from a scrape.
  await until('it is counted', PATIENCE_MS, async () => {
    const metrics = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
    expect(metrics).toContain('backup_mx_drills_total{result="DELIVERED"} 1\n');
    return /^backup_mx_last_drill_timestamp_seconds 1[0-9.]{9,}$/m.test(metrics);
  });
});

test('on command: nothing but the command lets it go, and other mail does not wait for it', async () => {
  const name = 'command.example';
  await flow.addDomain(name, primary);
  expect(await flow.change('domainDrillDeliver', { name })).toEqual(['NO_MATCH']);
  const recipient = `chief@${name}`;
  expect(await flow.change('domainDrill', { name, recipient, deliver: 'ON_COMMAND' })).toEqual([]);
  const held = await untilDrill(name, 'HELD');
  expect(await flow.change('domainDrill', { name })).toEqual(['CONFLICT']);
  const arrived = (address: string) =>
    primary.messages.filter(({ recipients }) => recipients.some((one) => one.address === address)).length;
  // Neither a flush nor a retry of its own.
  expect(await flow.change('messageRetry', { id: held.messageId ?? '' })).toEqual([]);
  expect(await flow.change('domainFlush', { name })).toEqual([]);
  const id = await flow.send({ to: [`user@${name}`] });
  await primary.waitFor(() => arrived(`user@${name}`) === 1, 'other mail');
  await flow.untilIdle(name);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'DELIVERED' }]);
  expect((await flow.see(name)).queue.heldCount).toBe(1);
  expect(arrived(recipient)).toBe(0);
  expect(await flow.change('domainDrillDeliver', { name })).toEqual([]);
  expect(await untilDrill(name, 'FINISHED')).toMatchObject({ id: held.id, result: 'DELIVERED' });
  expect(arrived(recipient)).toBe(1);
});

test('a primary that is away makes the drill fail and no outage, and no mail stays', async () => {
  const name = 'away.example';
  const away = await startFakePrimary();
  await away.stop();
  await flow.addDomain(name, away);
  await flow.change('domainDrill', { name });
  const drill = await untilDrill(name, 'FINISHED');
  expect(drill.result).toBe('NOT_DELIVERED');
  expect(drill.steps.at(-1)).toMatchObject({ name: 'DELIVERY', isPassed: false, reply: '[connection refused]' });
  expect(verdictOf(drill, 'DELIVERY')).toBe('PROBLEM');
  expect(await flow.outages(name)).toEqual([]);
  expect((await flow.see(name)).queue.heldCount).toBe(0);
  expect((await flow.message(drill.messageId ?? ''))?.recipients).toMatchObject([{ state: 'CANCELLED' }]);

  await away.close();
});

test('in an outage nothing of a drill is dialled, though the primary is back: the outage, its clock and its mail stay as they are', async () => {
  const name = 'outage.example';
  const away = await startFakePrimary();
  await away.stop();
  await flow.addDomain(name, away);
  const id = await flow.send({ to: [`user@${name}`] });
  const { outage } = await flow.untilSeen(name, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(name);
  await away.start();
  await flow.change('domainDrill', { name });
  const drill = await untilDrill(name, 'FINISHED');
  expect([drill.result, verdictOf(drill, 'ACCEPTANCE'), verdictOf(drill, 'OUTAGE')]).toEqual([
    'NOT_ATTEMPTED',
    'OK',
    'PROBLEM',
  ]);
  expect(messageOf(drill, 'DELIVERY')).toContain(`An outage of its primary is open since ${outage?.startedAt}`);
  expect(away.sessions).toHaveLength(0);
  expect(await flow.see(name)).toMatchObject({ outage, queue: { heldCount: 1 } });
  // Real mail is tried when its clock says so, and the outage ends with it.
  await flow.moveTo(outage?.nextAttemptAt);
  await away.waitFor(() => away.messages.length === 1, 'the message that waited');
  await flow.untilSeen(name, 'no outage', (seen) => seen.outage === null);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'DELIVERED' }]);
  await away.close();
});

test('refused in a trial, by mailboxes known good, drills open no breaker; the next message is delivered', async () => {
  const name = 'trial.example';
  const localParts = ['anna', 'berta', 'carla'];
  const back = await startFakePrimary({ modes: { rcpt: REFUSAL } });
  await flow.addDomain(name, back, { recipientList: localParts });
  await flow.database.sql`
    update destinations set breaker = 'TRIAL', breaker_since = bmx_now(), trial_count = 1 where name = ${name}`;
  for (const localPart of localParts) {
    expect(await flow.change('domainDrill', { name, recipient: `${localPart}@${name}` })).toEqual([]);
    const drill = await until('the drill has ended', PATIENCE_MS, async () => {
      const [newest] = await drillsOf(name);
      return newest?.recipient.startsWith(localPart) === true && newest.state === 'FINISHED' && newest;
    });
    expect([drill.result, drill.steps.at(-1)?.reply]).toEqual(['NOT_DELIVERED', REFUSAL]);
    // It has ended by the refusal, not by our patience with it.
    expect((await flow.message(drill.messageId ?? ''))?.recipients).toMatchObject([{ state: 'FAILED' }]);
  }
  expect(await readBreaker(flow.service, name)).toMatchObject({ state: 'TRIAL', trialCount: 1 });
  expect(await flow.outages(name)).toEqual([]);
  back.setMode('plain');
  await flow.send({ to: [`anna@${name}`] });
  await back.waitFor(() => back.messages.length === 1, 'real mail');
  // What drills were refused has made nobody a suspect, what one is taken makes nobody known good.
  const [events] = await flow.database.sql<{ count: number }[]>`
    select count(*)::int as count from events e join destinations d on d.id = e.destination_id
    where d.name = ${name} and e.kind in ('RECIPIENT_SUSPECTED', 'MESSAGE_SUSPECTED')`;
  expect(events?.count).toBe(0);
  await back.close();
});

test('at an open breaker the report says so, with the reply that opened it; breaker and mail stay as they are', async () => {
  const name = 'broken.example';
  const broken = await startFakePrimary({ modes: { rcpt: REFUSAL } });
  await flow.addDomain(name, broken, { recipientList: ['anna', 'berta', 'carla'] });
  await flow.database.sql`
    update destinations set breaker = 'TRIAL', breaker_since = bmx_now(), trial_count = -1 where name = ${name}`;
  await flow.send({ to: ['anna', 'berta', 'carla'].map((localPart) => `${localPart}@${name}`) });
  const breaker = await untilBreaker(flow.service, name, 'OPEN');
  await flow.untilIdle(name);
  const { queue, outage } = await flow.see(name);
  broken.setMode('plain');
  await flow.change('domainDrill', { name });
  const drill = await untilDrill(name, 'FINISHED');
  expect([drill.result, verdictOf(drill, 'BREAKER'), verdictOf(drill, 'OUTAGE')]).toEqual([
    'NOT_ATTEMPTED',
    'PROBLEM',
    undefined,
  ]);
  expect(messageOf(drill, 'DELIVERY')).toContain(`Its breaker is open since ${breaker.since}`);
  expect(messageOf(drill, 'DELIVERY')).toContain(REFUSAL);
  expect(broken.messages).toHaveLength(0);
  expect(await readBreaker(flow.service, name)).toEqual(breaker);
  expect(await flow.see(name)).toMatchObject({ queue, outage });
  await broken.close();
});

test('a primary that greylists gets a second try, when mail would; the report tells of both, and whether it helped', async () => {
  const [name, never] = ['grey.example', 'never.example'];
  const grey = await startFakePrimary({ modes: { greylisting: true } });
  const busy = await startFakePrimary({ modes: { rcpt: '452 4.3.1 disk full' } });
  await flow.addDomain(name, grey);
  listInDns(name);
  await flow.addDomain(never, busy);
  const typed = command(name);
  await flow.change('domainDrill', { name: never });
  const putOff = (domain: string) =>
    until(`${domain}: put off`, PATIENCE_MS, async () => {
      const [drill] = await drillsOf(domain);
      return drill !== undefined && verdictOf(drill, 'GREYLISTING') === 'WARNING' && drill;
    });
  const [{ id, deliverAt, state, messageId }] = [await putOff(name), await putOff(never)];
  expect(state).toBe('RELEASED');
  expect(deliverAt).toBe((await flow.message(messageId ?? ''))?.recipients[0]?.nextAttemptAt ?? '');
  // It waits at no cost, and is evidence of nothing.
  expect((await findOpenDrills(flow.database.sql)).filter((drill) => drill.id === id)).toEqual([]);
  const { domain } = await flow.service.graphql<{ domain: { conditions: unknown[] } }>(
    `{ domain(by: { name: "${name}" }) { conditions { kind } } }`,
  );
  expect(domain.conditions).toEqual([]);
  expect(await flow.change('domainDrill', { name })).toEqual(['CONFLICT']);
  const [late] = (await flow.messages(never)).map(({ recipients }) => recipients[0]?.nextAttemptAt);
  await flow.moveTo([deliverAt ?? '', late ?? ''].toSorted().at(-1));

  const taken = await untilDrill(name, 'FINISHED');
  expect([taken.result, verdictOf(taken, 'DELIVERY'), verdictOf(taken, 'GREYLISTING')]).toEqual([
    'DELIVERED',
    'OK',
    'WARNING',
  ]);
  expect(messageOf(taken, 'GREYLISTING')).toContain('accepted it 15 minutes later');
  expect(taken.findings.filter(({ code }) => code === 'GREYLISTING')).toHaveLength(1);
  expect(taken.steps.filter((step) => step.name === 'DELIVERY').map(({ isPassed }) => isPassed)).toEqual([false, true]);
  const { code, out, err } = await typed;
  expect([code, err.split('\n').length]).toEqual([0, 1]);
  expect(err).toContain(`tried again at ${deliverAt?.slice(0, 16)}`);
  expect(out).toMatch(/GREYLISTING +WARNING: /);

  const left = await untilDrill(never, 'FINISHED');
  expect([left.result, verdictOf(left, 'DELIVERY')]).toEqual(['NOT_DELIVERED', 'PROBLEM']);
  expect(messageOf(left, 'GREYLISTING')).toContain('452 4.3.1 disk full');
  expect(busy.rcpts).toHaveLength(2);
  expect(await flow.see(never)).toMatchObject({ outage: null, queue: { heldCount: 0 } });
  await Promise.all([grey.close(), busy.close()]);
});

test('put off, and then the primary goes away: no second try stands in the way of the outage, and the report says so', async () => {
  const name = 'gone.example';
  const gone = await startFakePrimary({ modes: { greylisting: true } });
  await flow.addDomain(name, gone);
  await flow.change('domainDrill', { name });
  const { deliverAt } = await until('put off', PATIENCE_MS, async () => {
    const [drill] = await drillsOf(name);
    return drill !== undefined && verdictOf(drill, 'GREYLISTING') !== undefined && drill;
  });
  await flow.untilIdle(name);
  await gone.stop();
  await flow.send({ to: [`user@${name}`] });
  await flow.untilSeen(name, 'an outage', ({ outage }) => outage !== null);
  await flow.moveTo(deliverAt);
  const drill = await untilDrill(name, 'FINISHED');
  expect([drill.result, drill.steps.filter((step) => step.name === 'DELIVERY').length]).toEqual(['NOT_DELIVERED', 1]);
  expect(messageOf(drill, 'GREYLISTING')).toEndWith('It was not tried again.');
  expect(await flow.see(name)).toMatchObject({ outage: { kind: 'DOWN' }, queue: { heldCount: 1 } });
  await gone.close();
});

test('a refusal by the primary is told verbatim, and nobody gets a report of it', async () => {
  const name = 'refusing.example';
  const refusing = await startFakePrimary({ modes: { rcpt: '550 5.1.1 no postmaster here' } });
  await flow.addDomain(name, refusing);
  await flow.change('domainDrill', { name });
  const drill = await untilDrill(name, 'FINISHED');
  expect(drill.result).toBe('NOT_DELIVERED');
  expect(drill.steps.at(-1)?.reply).toBe('550 5.1.1 no postmaster here');
  await refusing.close();
});

test('what our own door does not take is told with its reply', async () => {
  const name = 'listed.example';
  await flow.addDomain(name, primary);
  await flow.change('recipientListAdd', { domain: name, localParts: ['alice'] });
  await flow.change('domainDrill', { name, recipient: `bob@${name}` });
  const drill = await untilDrill(name, 'FINISHED');
  expect(drill.result).toBe('NOT_ACCEPTED');
  expect(drill.steps.at(-1)).toMatchObject({ name: 'RCPT', isPassed: false });
  expect(drill.steps.at(-1)?.reply).toStartWith('550 5.1.1');
  expect(await flow.change('domainDrill', { name, recipient: 'alice@elsewhere.example' })).toEqual(['NOT_AN_ADDRESS']);
});

test('in a pause nothing is dialled, and the drill says so', async () => {
  const name = 'paused.example';
  await flow.addDomain(name, primary);
  await flow.change('domainPause', { name });
  await flow.change('domainDrill', { name });
  const drill = await untilDrill(name, 'FINISHED');
  expect([drill.result, verdictOf(drill, 'PAUSE')]).toEqual(['NOT_ATTEMPTED', 'WARNING']);
  expect(stepNames(drill)).not.toContain('DELIVERY');
  expect((await flow.see(name)).queue.heldCount).toBe(0);
});

test('what is held is left alone until its time, and ends when its message is cancelled', async () => {
  const name = 'cancelled.example';
  await flow.addDomain(name, primary);
  await flow.change('domainDrill', { name, deliver: 'ON_COMMAND' });
  const { id, messageId } = await untilDrill(name, 'HELD');
  const looked = async () => (await findOpenDrills(flow.database.sql)).filter((drill) => drill.id === id).length;
  expect(await looked()).toBe(0);
  expect(await flow.change('messageCancel', { id: messageId ?? '', reason: 'enough' })).toEqual([]);
  expect(await untilDrill(name, 'FINISHED')).toMatchObject({ id, result: 'CANCELLED' });
});

test('one whose node died ends by itself, and what it had brought in is mail like any other', async () => {
  const name = 'died.example';
  await flow.addDomain(name, primary);
  await flow.change('domainDrill', { name, deliver: 'ON_COMMAND' });
  const { id, messageId } = await untilDrill(name, 'HELD');
  const { sql } = flow.database;
  await sql`update drills set state = 'ENTERING', message_id = null, deliver_at = null, steps = '[]' where id = ${id}`;
  const [row] = await sql<{ at: Date }[]>`select bmx_now() + interval '16 minutes' as at`;
  await flow.moveTo(row?.at.toISOString());
  expect(await untilDrill(name, 'FINISHED')).toMatchObject({ id, result: 'INTERRUPTED' });
  await flow.untilSeen(name, 'nothing held', ({ queue: { heldCount } }) => heldCount === 0);
  expect((await flow.message(messageId ?? ''))?.recipients).toMatchObject([{ state: 'DELIVERED' }]);
  const kinds = await sql<{ kind: string }[]>`
    select e.kind from events e join destinations d on d.id = e.destination_id
    where d.name = ${name} and e.kind like 'DRILL%' order by e.id`;
  expect(kinds.map(({ kind }) => kind)).toEqual(['DRILL_REQUESTED', 'DRILL_FINISHED']);
});

test('twenty at once: each has its own report', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `many${index}.example`);
  for (const name of names) {
    await flow.addDomain(name, primary);
    await flow.change('domainDrill', { name });
  }
  for (const name of names) expect(await untilDrill(name, 'FINISHED')).toMatchObject({ result: 'DELIVERED' });
});

test('the command shows the report, or what is held and how long', async () => {
  const name = 'typed.example';
  await flow.addDomain(name, primary);
  listInDns(name);
  const held = await command(name, '--hold', '60m', '--to', `typist@${name}`);
  expect([held.code, held.err]).toEqual([0, '']);
  expect(held.out).toMatch(/result +HELD, is delivered in \d+ (min|h) or by --deliver/);
  const delivered = await command(name, '--deliver');
  expect(delivered.out).toMatch(/result +DELIVERED\nOUTLOOK +OK: In an outage today mail would come to us/);
  expect(delivered.out).toMatch(/EHLO +\d+ +yes +250-\S+ \/ 250-/);
  expect(delivered.out).toMatch(/DELIVERY 127\.0\.0\.1 +\d+ +\S+ +250/);
  expect(JSON.parse((await command(name, '--json')).out)).toMatchObject({ state: 'FINISHED', result: 'DELIVERED' });
  expect(await command(name, '--deliver')).toMatchObject({ code: 1, err: expect.stringContaining('(NO_MATCH: ') });
  expect(await command(name, '--deliver', '--hold', '5m')).toMatchObject({ code: 2 });
  expect(await command('--help')).toMatchObject({
    code: 0,
    out: expect.stringContaining('backup-mx drill example.org'),
  });
});

test('a mark that somebody else makes up marks nothing', async () => {
  const name = 'forged.example';
  await flow.addDomain(name, primary);
  const mailParameters = ' ENVID=bmx-drill-00000000-0000-4000-8000-000000000000';
  const id = await flow.send({ to: [`user@${name}`], mailParameters });
  await until('it is delivered', PATIENCE_MS, async () => {
    return (await flow.message(id))?.recipients[0]?.state === 'DELIVERED';
  });
  expect(await drillsOf(name)).toEqual([]);
});

test('by itself every month, and held until its time when nobody commands', async () => {
  const name = 'monthly.example';
  await flow.addDomain(name, primary);
  expect(await flow.change('domainDrillSchedule', { name, interval: 'P0D' })).toEqual(['OUT_OF_RANGE']);
  expect(await flow.change('domainDrillSchedule', { name, interval: 'P30D' })).toEqual([]);
  await flow.change('domainDrill', { name, deliver: 'ON_COMMAND', holdFor: 'PT30M' });
  const held = await untilDrill(name, 'HELD');
  await flow.moveTo(held.deliverAt);
  expect(await untilDrill(name, 'FINISHED')).toMatchObject({ id: held.id, result: 'DELIVERED' });

  const nextAt = async () => {
    const { domain } = await flow.service.graphql<{ domain: { drillSchedule: { nextAt: string } | null } }>(
      `query ($name: String!) { domain(by: { name: $name }) { drillSchedule { interval nextAt } } }`,
      { name },
    );
    return domain.drillSchedule?.nextAt ?? null;
  };
  await flow.moveTo(await nextAt());
  const scheduled = await until('a drill by itself', PATIENCE_MS, async () => {
    const [drill] = await drillsOf(name);
    return drill?.id !== held.id && drill?.state === 'FINISHED' && drill;
  });
  expect(scheduled).toMatchObject({ isScheduled: true, result: 'DELIVERED' });
  expect(await flow.change('domainDrillSchedule', { name })).toEqual([]);
  expect(await nextAt()).toBeNull();
});
