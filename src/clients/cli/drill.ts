/** `backup-mx drill`: a marked message shows what an outage would do today. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Drill as ApiDrill } from '../../control/generated.ts';
import { parseDuration } from '../../mail/duration.ts';
import { ClientError } from '../api/connection.ts';
import { mutate, type Selected } from '../api/requests.ts';
import { type Action, type Call, type Shown, type SingleVerb, UsageError } from './action.ts';
import { durationOption, NOTHING_DONE, shown } from './call.ts';
import { right, text, textOf } from './table.ts';
import { DONE, FAILED } from './terminal.ts';

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
      : shownDrill(call, await untilSettled(call, { name, begun, isHeldEnough: holdFor !== undefined })),
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
function shownDrill(call: Call, drilled: Drill): Shown {
  const { state, result, deliverAt, steps, findings } = drilled;
  const outlook = findings.find(({ code }) => code === 'OUTLOOK');
  const isWell = (result === null || result === 'DELIVERED') && findings.every(({ verdict }) => verdict !== 'PROBLEM');
  return {
    kind: 'FACTS',
    facts: [
      ['drill', drilled.id],
      [
        'result',
        result ?? (deliverAt === null ? state : `${state}, is delivered ${call.time(deliverAt)} or by --deliver`),
      ],
      ...(outlook === undefined ? [] : [factOf(outlook)]),
      ...findings.filter((finding) => finding !== outlook).map(factOf),
    ],
    table: {
      columns: ['STEP', right('MS'), 'PASSED', text('REPLY')],
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
  mutations: ['domainDrill', 'domainDrillDeliver'],
  run: drill,
};

export const drillScheduleAction: Action = {
  usage: 'NAME (--every SPAN | --off)',
  says: 'Runs a drill at a regular interval of whole days, or no more.',
  example: 'backup-mx domain drill-schedule example.org --every 30d',
  mutations: ['domainDrillSchedule'],
  run: async (call) => {
    const interval = durationOption(call, 'every') ?? null;
    if ((interval === null) !== call.isSet('off')) throw new UsageError('give --every or --off');
    const answer = await mutate(call, 'domainDrillSchedule', { name: call.args[0], interval }, 'domain { name }');
    return shown(answer, ({ domain }) =>
      domain === null
        ? NOTHING_DONE
        : {
            kind: 'LINE',
            line: `${domain.name} is drilled ${interval === null ? 'by command only' : `every ${call.text('every')}`}`,
            data: { ...domain, interval },
          },
    );
  },
};
