/**
 * `backup-mx watch`: outages as they begin, change and end, a line each, until it is interrupted.
 *
 * Promises: after its first line a lost connection loses none, since it goes on after the last one; it says that it was lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outage, OutageChange, QueueChange } from '../../control/generated.ts';
import { itemsOf } from '../api/items.ts';
import { Unreachable } from '../api/connection.ts';
import type { Selected } from '../api/requests.ts';
import type { Call, Shown, SingleVerb } from './action.ts';
import { bytesText, textOf } from './table.ts';

const OUTAGE = 'domainName kind heldCount lastReply';
/** The waits before the next connection; the last one again and again. */
const WAITS_MS = [1_000, 2_000, 5_000, 15_000];

type Change = Selected<OutageChange, 'cursor at kind'> & { readonly outage: Selected<Outage, typeof OUTAGE> | null };
type Queue = Selected<QueueChange, 'at domainName heldCount heldSize'>;

async function watch(call: Call): Promise<Shown> {
  const [domain = null] = call.args;
  const stop = new AbortController();
  const interruption = AbortSignal.any([call.terminal.interruption, stop.signal]);
  const feeds = [outages(call, domain, interruption), ...(domain === null ? [] : [queue(call, domain, interruption)])];
  try {
    await Promise.all(feeds);
  } finally {
    stop.abort();
    await Promise.allSettled(feeds);
  }
  return { kind: 'PRINTED' };
}

function outages(call: Call, domain: string | null, interruption: AbortSignal): Promise<void> {
  let after: string | null = null;
  return keepOn(call, interruption, async (heard) => {
    const query = `subscription ($domain: String, $after: ID) {
      outageChanged(domain: $domain, after: $after) { cursor at kind outage { ${OUTAGE} } } }`;
    const subscribed = { query, variables: { domain, after } };
    for await (const { outageChanged } of itemsOf<{ outageChanged: Change }>(call.account, subscribed, interruption)) {
      heard();
      after = outageChanged.cursor;
      printItem(call, outageChanged, changeText(outageChanged));
    }
  });
}

function queue(call: Call, domain: string, interruption: AbortSignal): Promise<void> {
  return keepOn(call, interruption, async (heard) => {
    const query =
      'subscription ($domain: String!) { queueChanged(domain: $domain) { at domainName heldCount heldSize } }';
    const subscribed = { query, variables: { domain } };
    for await (const { queueChanged } of itemsOf<{ queueChanged: Queue }>(call.account, subscribed, interruption)) {
      heard();
      const { domainName, heldCount, heldSize } = queueChanged;
      const size = heldCount === 0 ? '' : ` (${bytesText(heldSize)})`;
      printItem(call, queueChanged, `${domainName}  ${heldCount.toLocaleString('en')} held${size}`);
    }
  });
}

/** Listens until it is interrupted or the service has no more; again after the connection is lost. `heard` ends the longer waits. */
async function keepOn(
  { terminal }: Call,
  interruption: AbortSignal,
  listen: (heard: () => void) => Promise<void>,
): Promise<void> {
  let failures = 0;
  for (;;) {
    try {
      return await listen(() => void (failures = 0));
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (failures === 0) terminal.report(`backup-mx: ${error.message}; trying again`);
    }
    await sleep(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)], null, { signal: interruption }).catch(() => null);
    if (interruption.aborted) return;
    failures += 1;
  }
}

function changeText({ kind, outage }: Change): string {
  if (outage === null) return `an outage of another owner  ${kind}`;
  const held = outage.heldCount === null ? '' : `  ${outage.heldCount.toLocaleString('en')} held`;
  return `${outage.domainName}  ${kind}  ${outage.kind}${held}  ${textOf(outage.lastReply)}`;
}

function printItem(call: Call, item: { readonly at: string }, text: string): void {
  if (call.isSet('json')) call.terminal.print(JSON.stringify(item));
  else call.terminal.print(`${call.isSet('utc') ? item.at : clockText(item.at)}  ${text}`);
}

/** A relative time would age on the screen: the time of day of this machine. */
function clockText(at: string): string {
  return new Date(at).toTimeString().slice(0, 8);
}

export const watchVerb: SingleVerb = {
  verb: 'watch',
  usage: '[DOMAIN]',
  says: 'Shows outages as they begin, change and end, until it is interrupted; of one DOMAIN also its held mail.',
  example: 'backup-mx watch example.org',
  run: watch,
};
