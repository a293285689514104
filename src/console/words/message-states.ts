/** The state of a message as a word: that of its recipients, where they differ the one that matters most. */
import type { RecipientState } from '../operations/generated.ts';
import type { Tone } from './labels.ts';

export interface StateLabel {
  readonly text: string;
  readonly tone: Tone;
}

/** The state that matters most comes first. */
export const RECIPIENT_STATES: Readonly<Record<RecipientState, StateLabel>> = {
  HELD: { text: 'Held', tone: 'held' },
  EXPIRED: { text: 'Expired', tone: 'loss' },
  FAILED: { text: 'Not handed over', tone: 'loss' },
  CANCELLED: { text: 'Cancelled', tone: 'past' },
  DELIVERED: { text: 'Handed over', tone: 'fine' },
};

const ORDER = Object.keys(RECIPIENT_STATES) as RecipientState[];

/** `Held`, or of several recipients who fared differently `Held, some handed over`. */
export function stateLabel(states: readonly RecipientState[]): StateLabel {
  const [first = 'HELD', ...others] = ORDER.filter((state) => states.includes(state));
  const rest = others.map((state) => `some ${RECIPIENT_STATES[state].text.toLowerCase()}`);
  const { text, tone } = RECIPIENT_STATES[first];
  return { text: [text, ...rest].join(', '), tone };
}
