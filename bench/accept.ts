/**
 * `accept`, `accept-kept`, `accept-large`, `accept-tls`: messages accepted and durable, a second, beside Postfix in the same run.
 *
 * Each round measures ours, then the peer, in pairs that alternate who goes first; the ratio is taken within a pair.
 */
import { chosenRuntime } from '../test/helpers/service.ts';
import { makeContent, senderName } from './load.ts';
import { median, type Report, spread, type Verdict } from './report.ts';
import { hasPeer, makeBenchFolder, RECIPIENT, runOurs, runPostfix, startOurs, tlsParameters } from './sides.ts';

export interface AcceptPlan {
  readonly sizeBytes: number;
  readonly messages: number;
  readonly sessions: number;
  readonly isKept: boolean;
  readonly isTls?: boolean;
  readonly rounds: number;
  /** The least ratio to each kind of Postfix. */
  readonly targets: Partial<Readonly<Record<'DEFER' | 'HOLD', number>>>;
}

export const ACCEPT: AcceptPlan = {
  sizeBytes: 10_240,
  messages: 3000,
  sessions: 20,
  isKept: false,
  rounds: 5,
  // Bun is the default; the others are held to less, beside Postfix at its best.
  targets: chosenRuntime() === 'bun' ? { DEFER: 2.5, HOLD: 1.5 } : { HOLD: 1.3 },
};
export const ACCEPT_KEPT: AcceptPlan = { ...ACCEPT, isKept: true, targets: { DEFER: 4, HOLD: 2 } };
export const ACCEPT_LARGE: AcceptPlan = {
  ...ACCEPT,
  sizeBytes: 9_000_000,
  messages: 40,
  sessions: 5,
  targets: { DEFER: 0.45 },
};
export const ACCEPT_TLS: AcceptPlan = { ...ACCEPT, messages: 1000, isTls: true, targets: { DEFER: 1.5, HOLD: 1.5 } };

interface Pair {
  readonly ours: number;
  readonly peer: number;
}

/** Runs the plan; rates are messages a second, or MB a second for messages above 1 MB. */
export async function runAccept(plan: AcceptPlan): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  const isLarge = plan.sizeBytes > 1_000_000;
  const rate = (seconds: number) => (plan.messages / seconds) * (isLarge ? plan.sizeBytes / 1_000_000 : 1);
  try {
    const content = await makeContent(`${folder.path}/content`, plan.sizeBytes);
    const load = { ...plan, content, recipient: RECIPIENT };
    const parameters = plan.isTls === true ? tlsParameters(service) : {};
    const measureOurs = async () => rate(await runOurs(service, load));
    await runOurs(service, { ...load, messages: Math.ceil(plan.messages / 3) });

    const pairs = new Map<'DEFER' | 'HOLD', Pair[]>();
    const kinds = hasPeer() ? (['DEFER', 'HOLD'] as const).filter((kind) => plan.targets[kind] !== undefined) : [];
    const alone: number[] = [];
    for (let round = 0; round < plan.rounds; round += 1) {
      if (kinds.length === 0) alone.push(await measureOurs());
      for (const kind of kinds) {
        const measurePeer = async () => rate(await runPostfix(folder.path, { kind, parameters }, load));
        const isPeerFirst = round % 2 === 1;
        const early = isPeerFirst ? await measurePeer() : await measureOurs();
        const late = isPeerFirst ? await measureOurs() : await measurePeer();
        const pair = isPeerFirst ? { ours: late, peer: early } : { ours: early, peer: late };
        pairs.set(kind, [...(pairs.get(kind) ?? []), pair]);
        console.log(`round ${round + 1}, ${kind}: ours ${pair.ours.toFixed(0)}, Postfix ${pair.peer.toFixed(0)}`);
      }
    }
    return report(plan, pairs, alone, isLarge ? 'MB/s' : 'msg/s');
  } finally {
    await service.remove();
    await folder.remove();
  }
}

function report(
  plan: AcceptPlan,
  pairs: ReadonlyMap<'DEFER' | 'HOLD', readonly Pair[]>,
  alone: readonly number[],
  unit: string,
): Report {
  const rows: string[][] = alone.length === 0 ? [] : [['–', spread(alone), '–', '–']];
  const verdicts: Verdict[] = [];
  for (const [kind, measured] of pairs) {
    const ratios = measured.map(({ ours, peer }) => ours / peer);
    const name = kind === 'DEFER' ? 'Postfix, queues then defers' : 'Postfix, only queues (HOLD)';
    rows.push([name, spread(measured.map((p) => p.ours)), spread(measured.map((p) => p.peer)), spread(ratios, 2)]);
    verdicts.push({
      name: `ours ÷ ${name}`,
      value: median(ratios),
      comparison: '≥',
      target: plan.targets[kind] ?? 0,
      unit: ' ×',
    });
  }
  const connections = plan.isKept ? 'kept connections' : 'a connection per message';
  const tls = plan.isTls === true ? ', STARTTLS with the same certificate' : '';
  return {
    head: ['peer', `ours, ${unit}`, `peer, ${unit}`, 'ratio'],
    rows,
    verdicts,
    notes: [
      `${plan.messages} messages of ${plan.sizeBytes} bytes, ${plan.sessions} clients, ${connections}${tls}, sent by ${senderName(plan.isTls)}`,
      'median (lowest–highest) of the runs; the ratio is the median of the pairs',
    ],
  };
}
