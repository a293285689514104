/** The primary answers us in time. */
import { type Check, type Evidence, warning, whenKnown } from '../check.ts';
import type { SessionFact } from '../facts.ts';
import { isTooSlow, okWhenSpoken, seconds, sessionEvidence } from '../sessions.ts';

/** As delivery has it: an answer that takes so long is slow on purpose. */
const SLOW_MS = 5000;

function isSlow({ kind, greetingMs, rcptMs }: SessionFact): boolean {
  return kind !== 'SILENT' && (greetingMs >= SLOW_MS || (rcptMs ?? 0) >= SLOW_MS);
}

function slowEvidence(session: SessionFact): Evidence {
  if (isTooSlow(session)) return sessionEvidence(session);
  const answered = `[greeted after ${seconds(session.greetingMs)}, RCPT answered after ${seconds(session.rcptMs ?? 0)}]`;
  return { ...sessionEvidence(session), answered };
}

export const tarpitting: Check = {
  code: 'TARPITTING',
  title: 'The primary answers us without delay.',
  meaning: 'Your primary greets us or answers RCPT slowly on purpose: what we hold for you drains slowly.',
  advice: 'Exempt our egress addresses from the tarpit; `domain.primarySetup` has ready-made texts.',
  judge: (facts) => {
    const sessions = facts.sessions.kind === 'KNOWN' ? facts.sessions.value : [];
    const slow = sessions.filter((session) => isTooSlow(session) || isSlow(session));
    if (slow.length > 0) return warning(...slow.map(slowEvidence));
    return whenKnown(facts.record, ({ tarpittingAt }) => {
      if (tarpittingAt === null) return okWhenSpoken(facts);
      return warning({
        asked: 'deliveries of the last 7 days',
        answered: `[tarpitted last at ${tarpittingAt.toISOString()}]`,
      });
    });
  },
};
