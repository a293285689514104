/** The primary takes messages as large as those that we accept (RFC 1870). */
import { type Check, type Evidence, ok, problem, unknown, whenKnown } from '../check.ts';
import { sessionEvidence } from '../sessions.ts';

export const smallerSize: Check = {
  code: 'SMALLER_SIZE',
  title: 'The primary takes messages as large as we do.',
  meaning:
    'Your primary announces a smaller SIZE than ours: larger messages that do not announce theirs are accepted here and refused there.',
  advice: 'Raise the size limit of your primary to ours at least (`service.messageSizeLimitBytes`).',
  judge: ({ sessions, record, service }) => {
    const own: Evidence = { asked: 'our own limit', answered: `${service.messageSizeLimitBytes}` };
    const small = (sessions.kind === 'KNOWN' ? sessions.value : []).filter(
      ({ sizeLimitBytes }) => (sizeLimitBytes ?? Infinity) < service.messageSizeLimitBytes,
    );
    if (small.length > 0) {
      return problem(
        own,
        ...small.map(({ host, address, sizeLimitBytes }) => ({
          asked: `EHLO at ${host} (${address})`,
          answered: `SIZE ${sizeLimitBytes}`,
        })),
      );
    }
    // One that turned us away before has not said what it takes.
    if (sessions.kind === 'KNOWN' && sessions.value.some(({ stage }) => stage !== 'CONNECT')) return ok(own);
    return whenKnown(record, ({ sizeLimitBytes }) => {
      if (sizeLimitBytes === null) return whenKnown(sessions, (all) => unknown(own, ...all.map(sessionEvidence)));
      const seen: Evidence = { asked: 'EHLO of the last 7 days', answered: `SIZE ${sizeLimitBytes}` };
      return sizeLimitBytes < service.messageSizeLimitBytes ? problem(own, seen) : ok(own, seen);
    });
  },
};
