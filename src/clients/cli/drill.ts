/** `backup-mx drill`: a marked message goes the whole way, and shows what an outage would do. */
import { mutate } from '../api/requests.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { ClientError } from '../api/connection.ts';
import { type Action, type Call, type Shown, UsageError, verbOfAction } from './action.ts';
import { numberOption, shown } from './call.ts';
import { right } from './table.ts';
import { DONE, FAILED, type Verb } from './terminal.ts';

interface Drill {
  readonly id: string;
  readonly state: string;
  readonly result: string | null;
  readonly deliverAt: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly latencyMs: number;
    readonly reply: string;
    readonly host: string | null;
    readonly isPassed: boolean;
  }[];
  readonly findings: readonly { readonly code: string; readonly verdict: string; readonly message: string }[];
}

const DRILL = `id recipient isScheduled state result messageId requestedAt enteredAt deliverAt releasedAt finishedAt
  steps { name afterMs latencyMs reply host isPassed } findings { code verdict message }`;

const LOOK_EVERY_MS = 500;
/** The service ends every drill before, also one that was deferred and is tried again a quarter of an hour later. */
const PATIENCE_MS = 45 * 60_000;

async function run(call: Call): Promise<Shown> {
  const [name = ''] = call.args;
  const holdMinutes = numberOption(call, 'hold');
  const to = call.text('to');
  if (call.isSet('deliver') && (holdMinutes !== undefined || to !== undefined)) {
    throw new UsageError('--deliver releases the held message: it excludes --hold and --to');
  }
  const input = call.isSet('deliver')
    ? { name }
    : {
        name,
        ...(to === undefined ? {} : { recipient: to }),
        ...(holdMinutes === undefined ? {} : { deliver: 'ON_COMMAND', holdMinutes }),
      };
  const mutation = call.isSet('deliver') ? 'domainDrillDeliver' : 'domainDrill';
  type Payload = { readonly drill: Drill | null };
  return shown(await mutate<Payload>(call, mutation, input, `drill { ${DRILL} }`), async ({ drill }) =>
    drill === null
      ? { kind: 'REFUSED', errors: [] }
      : shownOf(await untilSettled(call, { name, drill, isHeldEnough: holdMinutes !== undefined })),
  );
}

/** Waits for the report, or, of a drill on command, until its message is held. */
async function untilSettled(
  { ask, terminal }: Call,
  { name, drill, isHeldEnough }: { readonly name: string; readonly drill: Drill; readonly isHeldEnough: boolean },
): Promise<Drill> {
  let seen = drill;
  let isReported = false;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_EVERY_MS) {
    if (seen.state === 'FINISHED' || (isHeldEnough && seen.state === 'HELD')) return seen;
    await pause(LOOK_EVERY_MS, undefined, { signal: terminal.interruption }).catch(() => {
      throw new ClientError(`stopped waiting; the drill ${drill.id} continues`);
    });
    const { domain } = await ask<{ domain: { drills: { nodes: readonly Drill[] } } | null }>(
      `query ($name: String!) { domain(name: $name) { drills(first: 5) { nodes { ${DRILL} } } } }`,
      { name },
    );
    seen = domain?.drills.nodes.find(({ id }) => id === drill.id) ?? seen;
    const deferral = seen.findings.find(({ code }) => code === 'GREYLISTING');
    if (deferral !== undefined && !isReported && seen.state !== 'FINISHED') terminal.report(deferral.message);
    isReported ||= deferral !== undefined;
  }
  throw new ClientError(
    `the drill ${drill.id} is still ${seen.state}: its report is in the API, as drills of the domain`,
  );
}

function factOf({ code, verdict, message }: Drill['findings'][number]): readonly [string, string] {
  return [code, `${verdict}: ${message}`];
}

/** The conclusion comes first. */
function shownOf(drill: Drill): Shown {
  const { state, result, deliverAt, steps, findings } = drill;
  const outlook = findings.find(({ code }) => code === 'OUTLOOK');
  return {
    kind: 'FACTS',
    facts: [
      ['drill', drill.id],
      ['result', result ?? (deliverAt === null ? state : `${state} until ${deliverAt} or --deliver`)],
      ...(outlook === undefined ? [] : [factOf(outlook)]),
      ...findings.filter((finding) => finding !== outlook).map(factOf),
    ],
    table: {
      columns: ['STEP', right('MS'), 'PASSED', 'REPLY'],
      rows: steps.map(({ name, latencyMs, isPassed, host, reply }) => [
        host === null ? name : `${name} ${host}`,
        latencyMs,
        isPassed,
        reply.replaceAll(/\r?\n/g, ' / '),
      ]),
    },
    data: drill,
    exitCode: isWell(drill) ? DONE : FAILED,
  };
}

/** A drill that is held is well so far. */
function isWell({ result, findings }: Drill): boolean {
  return (result === null || result === 'DELIVERED') && findings.every(({ verdict }) => verdict !== 'PROBLEM');
}

const ACTION: Action = {
  usage: 'DOMAIN [--hold MINUTES] [--to ADDRESS] | DOMAIN --deliver',
  says: 'Runs a fire drill: a marked message is accepted, held and delivered; shows what an outage would do today. Exit code 1: it was not delivered, or a problem was found.',
  example: 'backup-mx drill example.org',
  argCount: 1,
  options: { hold: 'TEXT', to: 'TEXT', deliver: 'FLAG' },
  run,
};

export const drillVerb: Verb = verbOfAction('drill', ACTION);
