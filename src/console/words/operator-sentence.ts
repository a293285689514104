/** The sentence of the service: whether it is well, else the first reason why not, and how much comes and goes. Pure. */
import type { ServiceFlowQuery, ServiceHealthQuery, ServiceNodesQuery } from '../operations/generated.ts';
import { countText, counted } from './count.ts';
import type { Tone } from './labels.ts';
import type { SentencePart } from './overview-sentence.ts';
import { shortSpanText, timeText } from './time.ts';

export type ServiceNode = NonNullable<ServiceNodesQuery['service']['nodes']>[number];
export type RecentSlot = NonNullable<ServiceFlowQuery['service']['recent']>[number];

/** Null is what this session may not see. */
export interface ServiceState {
  /** Null: most servers can be reached. */
  readonly troubleSince: string | null;
  readonly nodes: readonly ServiceNode[];
  readonly reasons: readonly string[] | null;
  readonly totals: ServiceHealthQuery['service']['totals'];
  readonly recent: readonly RecentSlot[] | null;
}

export interface ServiceSentence {
  readonly label: string;
  readonly tone: Tone;
  readonly parts: readonly SentencePart[];
}

/** A node gives a sign of life every few seconds. */
const SILENT_MS = 30_000;

export function isSilent({ lastSeenAt }: Pick<ServiceNode, 'lastSeenAt'>, now: Date): boolean {
  return now.getTime() - Date.parse(lastSeenAt) > SILENT_MS;
}

/** @param now and the time zone of whoever looks */
export function serviceSentence(state: ServiceState, now: Date, timeZone: string): ServiceSentence {
  const { nodes, totals, recent } = state;
  const flow = recent === null ? '' : rateText(recent, now);
  const parts: SentencePart[] = [{ text: `${counted(nodes.length, 'node')}${flow}.`, part: 'rest' }];
  if (totals !== null) {
    const held =
      totals.heldCount === 0
        ? 'Nothing is held.'
        : `${counted(totals.heldCount, 'message is', 'messages are')} safe with us.`;
    parts.push({ text: held, part: 'rest' });
  }
  const trouble = troubleOf(state, now, timeZone);
  if (trouble !== null) return { label: trouble.label, tone: 'attention', parts: [...trouble.parts, ...parts] };
  // Without the scope to see its health there is nothing that could be said of it.
  if (state.reasons === null)
    return {
      label: 'Its health is not shown',
      tone: 'past',
      parts: [{ text: 'The service answers.', part: 'first' }, ...parts],
    };
  return { label: 'All is well', tone: 'fine', parts: [{ text: 'The service is well.', part: 'first' }, ...parts] };
}

function troubleOf(
  { troubleSince, reasons, nodes }: ServiceState,
  now: Date,
  timeZone: string,
): Pick<ServiceSentence, 'label' | 'parts'> | null {
  const first = (text: string): SentencePart => ({ text, part: 'first' });
  if (troubleSince !== null) {
    const since = timeText(new Date(troubleSince), now, timeZone);
    const cause = first(`Most servers cannot be reached from here since ${since}: the fault is ours.`);
    return { label: 'Our fault', parts: [cause, { text: 'Nothing expires while that lasts.', part: 'rest' }] };
  }
  const reason = reasons?.[0];
  if (reason !== undefined) return { label: 'Not ready', parts: [first(reason)] };
  const silent = nodes.filter((node) => isSilent(node, now));
  if (silent.length === 0) return null;
  const longest = Math.max(...silent.map(({ lastSeenAt }) => now.getTime() - Date.parse(lastSeenAt)));
  const has = silent.length === 1 ? 'has' : 'have';
  const text = `${countText(silent.length)} of ${counted(nodes.length, 'node')} ${has} not been seen for ${shortSpanText(longest)}.`;
  return { label: 'A node is silent', parts: [first(text)] };
}

/** The last step that is over, by the second or, where little comes, by the minute. */
function rateText(recent: readonly RecentSlot[], now: Date): string {
  const slot = recent.findLast(({ until }) => Date.parse(until) <= now.getTime());
  if (slot === undefined) return '';
  const { since, until, acceptedCount, deliveredCount } = slot;
  if (acceptedCount === 0 && deliveredCount === 0) return ', nothing comes or goes at the moment';
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000;
  const isFast = Math.max(acceptedCount, deliveredCount) >= seconds;
  const [unit, length] = isFast ? ['second', seconds] : ['minute', seconds / 60];
  const text = (count: number): string => {
    const rate = count / length;
    return countText(rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10);
  };
  return `, ${text(acceptedCount)} accepted and ${text(deliveredCount)} handed over a ${unit}`;
}
