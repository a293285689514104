/** The situations of a domain: what they are called, and the tone they have. Red is only what is lost, or will be. */
import type { Situation } from '../operations/generated.ts';

export type Tone = 'held' | 'fine' | 'attention' | 'loss' | 'past';

export interface Label {
  readonly text: string;
  readonly tone: Tone;
  /** The value in an address: `?show=away`. */
  readonly slug: string;
}

/** Most urgent first. */
export const LABELS: Readonly<Record<Situation, Label>> = {
  EXPIRING: { text: 'Expires soon', tone: 'loss', slug: 'expiring' },
  BREAKER_OPEN: { text: 'Refuses known mailboxes', tone: 'attention', slug: 'refusing' },
  OUTAGE: { text: 'Server away', tone: 'held', slug: 'away' },
  DRAINING: { text: 'Handing over', tone: 'held', slug: 'handing-over' },
  HOLDING: { text: 'Some mail waits', tone: 'held', slug: 'waiting' },
  PAUSED: { text: 'Paused', tone: 'held', slug: 'paused' },
  CHECK_FAILED: { text: 'A check failed', tone: 'attention', slug: 'check' },
  SUSPENDED: { text: 'Suspended', tone: 'attention', slug: 'suspended' },
  PENDING: { text: 'Not proven', tone: 'attention', slug: 'not-proven' },
  FINE: { text: 'All is well', tone: 'fine', slug: 'well' },
};
