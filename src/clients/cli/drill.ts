/** `backup-mx doctor` and `backup-mx drill`: a domain and its primary are examined, by questions or by a marked message. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DoctorReport, Drill as ApiDrill } from '../../control/generated.ts';
import { parseDuration } from '../../mail/duration.ts';
import { ClientError } from '../api/connection.ts';
import { mutate, type Selected } from '../api/requests.ts';
import { type Call, DONE, FAILED, type Shown, type SingleVerb, UsageError } from './action.ts';
import { durationOption, NOTHING_DONE, shown } from './call.ts';
import { right, textOf } from './table.ts';

const REPORT = 'at verdict findings { code verdict title evidence { asked answered } advice }';
/** SGR: green, yellow, red, cyan. */
const COLOURS = { OK: 32, WARNING: 33, PROBLEM: 31, UNKNOWN: 36 } as const;

async function examine(call: Call): Promise<Shown> {
  const input = { name: call.args[0] };
  return shown(await mutate(call, 'domainCheck', input, `domain { name doctor { ${REPORT} } }`), ({ domain }) =>
    domain?.doctor == null
      ? { kind: 'LINE', line: 'no report yet: it is being made', data: null, exitCode: FAILED }
      : shownReport(domain.name, domain.doctor, call.isSet('all')),
  );
}

function shownReport(name: string, report: Selected<DoctorReport, typeof REPORT>, isAll: boolean): Shown {
  const { at, verdict, findings } = report;
  const listed = findings.filter(({ verdict }) => isAll || verdict !== 'OK');
  const rows = listed.map(({ verdict, code, evidence, advice }) => [
    verdict,
    code,
    evidence.map(({ asked, answered }) => `${asked}: ${answered}`).join('; '),
    advice,
  ]);
  return {
    kind: 'FACTS',
    facts: [
      ['domain', name],
      ['examined', at],
      ['verdict', verdict],
      ['checks', `${findings.length}, ${findings.filter(({ verdict }) => verdict === 'OK').length} of them OK`],
    ],
    ...(rows.length === 0
      ? {}
      : { table: { columns: [{ title: 'VERDICT', colours: COLOURS }, 'CODE', 'EVIDENCE', 'WHAT TO DO'], rows } }),
    data: report,
    exitCode: verdict === 'PROBLEM' ? FAILED : DONE,
  };
}

export const doctorVerb: SingleVerb = {
  verb: 'doctor',
  usage: 'DOMAIN [--all]',
  says: 'Examines a domain and its primary; --all also shows checks that are OK. Exit code 1: a problem was found.',
  example: 'backup-mx doctor example.org',
  run: examine,
};

const DRILL = `id recipient isScheduled state result messageId requestedAt enteredAt deliverAt releasedAt endedAt
  steps { name endedAfter latency reply host isPassed } findings { code verdict message }`;
type Drill = Selected<ApiDrill, typeof DRILL>;

const POLL_MS = 500;
/** The service ends every drill before, also one that was deferred and is tried again a quarter of an hour later. */
const PATIENCE_MS = 45 * 60_000;

async function drill(call: Call): Promise<Shown> {
  const [name = ''] = call.args;
  const holdFor = durationOption(call, 'hold');
  const to = call.text('to');
  if (call.isSet('deliver') && (holdFor !== undefined || to !== undefined)) {
    throw new UsageError('--deliver releases the held message: it excludes --hold and --to');
  }
  const input = call.isSet('deliver')
    ? { name }
    : {
        name,
        ...(to === undefined ? {} : { recipient: to }),
        ...(holdFor === undefined ? {} : { deliver: 'ON_COMMAND', holdFor }),
      };
  const mutation = call.isSet('deliver') ? 'domainDrillDeliver' : 'domainDrill';
  return shown(await mutate(call, mutation, input, `drill { ${DRILL} }`), async ({ drill: begun }) =>
    begun === null
      ? NOTHING_DONE
      : shownDrill(await untilSettled(call, { name, begun, isHeldEnough: holdFor !== undefined })),
  );
}

/** Waits for the report, or, of a drill on command, until its message is held. */
async function untilSettled(
  { ask, terminal }: Call,
  { name, begun, isHeldEnough }: { readonly name: string; readonly begun: Drill; readonly isHeldEnough: boolean },
): Promise<Drill> {
  let seen = begun;
  let isReported = false;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    if (seen.state === 'FINISHED' || (isHeldEnough && seen.state === 'HELD')) return seen;
    await pause(POLL_MS, undefined, { signal: terminal.interruption }).catch(() => {
      throw new ClientError(`stopped waiting; the drill ${begun.id} continues`);
    });
    const { domain } = await ask<{ domain: { drills: { nodes: readonly Drill[] } } | null }>(
      `query ($name: String!) { domain(by: { name: $name }) { drills(first: 5) { nodes { ${DRILL} } } } }`,
      { name },
    );
    seen = domain?.drills.nodes.find(({ id }) => id === begun.id) ?? seen;
    const deferral = seen.findings.find(({ code }) => code === 'GREYLISTING');
    if (deferral !== undefined && !isReported && seen.state !== 'FINISHED') terminal.report(textOf(deferral.message));
    isReported ||= deferral !== undefined;
  }
  throw new ClientError(
    `the drill ${begun.id} is still ${seen.state}: its report is in the API, as drills of the domain`,
  );
}

function factOf({ code, verdict, message }: Drill['findings'][number]): readonly [string, string] {
  return [code, `${verdict}: ${message}`];
}

/** The conclusion comes first. A drill that is held has no failure so far. */
function shownDrill(drilled: Drill): Shown {
  const { state, result, deliverAt, steps, findings } = drilled;
  const outlook = findings.find(({ code }) => code === 'OUTLOOK');
  const isWell = (result === null || result === 'DELIVERED') && findings.every(({ verdict }) => verdict !== 'PROBLEM');
  return {
    kind: 'FACTS',
    facts: [
      ['drill', drilled.id],
      ['result', result ?? (deliverAt === null ? state : `${state} until ${deliverAt} or --deliver`)],
      ...(outlook === undefined ? [] : [factOf(outlook)]),
      ...findings.filter((finding) => finding !== outlook).map(factOf),
    ],
    table: {
      columns: ['STEP', right('MS'), 'PASSED', 'REPLY'],
      rows: steps.map(({ name, latency, isPassed, host, reply }) => [
        host === null ? name : `${name} ${host}`,
        parseDuration(latency),
        isPassed,
        reply.replaceAll(/\r?\n/g, ' / '),
      ]),
    },
    data: drilled,
    exitCode: isWell ? DONE : FAILED,
  };
}

export const drillVerb: SingleVerb = {
  verb: 'drill',
  usage: 'DOMAIN ([--hold SPAN] [--to ADDRESS] | --deliver)',
  says: 'Runs a fire drill: a marked message is accepted, held and delivered; shows what an outage would do today. Exit code 1: it was not delivered, or a problem was found.',
  example: 'backup-mx drill example.org',
  run: drill,
};
