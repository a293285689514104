/**
 * The primary: whether it answers, whether it accepts mail from us, and what it did with mail lately.
 */
import { formatEndpoint } from '../../mail/ip.ts';
import { saysGreylisting } from '../../mail/reply.ts';
import {
  type Check,
  type Evidence,
  type Facts,
  type Judgement,
  ok,
  problem,
  type SessionFact,
  unknown,
  warning,
  whenKnown,
} from '../facts.ts';
import type { SeenReply } from '../record.ts';

const WORDS = { CONNECT: 'connection', MAIL: 'MAIL', RCPT: 'RCPT of postmaster' } as const;

function sessionEvidence({ host, address, port, localAddress, stage, reply }: SessionFact): Evidence {
  const from = localAddress === null ? '' : ` from ${localAddress}`;
  return { asked: `${WORDS[stage]} at ${host} (${formatEndpoint({ address, port })})${from}`, answered: reply };
}

function attemptEvidence({ at, reply }: SeenReply): Evidence {
  return { asked: `attempt at ${at.toISOString()}`, answered: reply };
}

function sessionsOf({ sessions }: Facts): readonly SessionFact[] {
  return sessions.kind === 'KNOWN' ? sessions.value : [];
}

/** Our own machine has no route to addresses of that family: it says nothing of the primary. */
function isOurLack({ kind, stage, reply }: SessionFact): boolean {
  const ours = /^\[no route: (?:ENETUNREACH|ENETDOWN|EAFNOSUPPORT|EADDRNOTAVAIL)\]/;
  return kind === 'SILENT' && stage === 'CONNECT' && ours.test(reply);
}

/** The primary accepted the connection, and was not ready for MAIL within the time of a session. */
function isTooSlow({ kind, stage, reply }: SessionFact): boolean {
  return kind === 'SILENT' && stage === 'CONNECT' && reply.startsWith('[no session within');
}

/** When no fault was seen: OK if the primary has answered, else UNKNOWN. */
function okWhenSpoken({ sessions }: Facts): Judgement {
  return whenKnown(sessions, (all) =>
    all.some(({ kind }) => kind !== 'SILENT') ? ok() : unknown(...all.map(sessionEvidence)),
  );
}

/** When no session shows it now: what deliveries met last. */
function warningSince(facts: Facts, met: string, at: Date | null): Judgement {
  if (at === null) return okWhenSpoken(facts);
  return warning({ asked: 'deliveries of the last 7 days', answered: `[${met} last at ${at.toISOString()}]` });
}

function judgeReach({ domain, sessions: fact }: Facts) {
  // Without deliverTo the MX records are the fault, which is another check's finding.
  if (fact.kind === 'UNKNOWN' && fact.hasNoHost === true && domain.deliverTo.length > 0) {
    const advice = 'Correct deliverTo: none of its hosts has an address that mail may be handed to.';
    return { ...problem({ asked: 'deliverTo', answered: domain.deliverTo.join(', ') }, fact.why), advice };
  }
  return whenKnown(fact, (all) => {
    const tried = all.filter((session) => !isOurLack(session));
    if (tried.length === 0) return unknown(...all.map(sessionEvidence));
    const silent = tried.filter(({ kind, stage }) => kind === 'SILENT' && stage === 'CONNECT');
    if (silent.length === 0) return ok(...all.map(sessionEvidence));
    const evidence = silent.map(sessionEvidence);
    if (silent.length < tried.length) return warning(...evidence);
    // One that is slow is there: delivery has more patience.
    return silent.some(isTooSlow) ? unknown(...evidence) : problem(...evidence);
  });
}

export const mxUnreachable = {
  code: 'MX_UNREACHABLE',
  title: 'The primary answers at its addresses.',
  meaning: 'Your primary does not answer at one or all of its addresses: it is down, or a firewall blocks us.',
  advice:
    'Start the server, remove addresses that do not answer from the DNS, and let our egress addresses through the firewall to its port.',
  judge: judgeReach,
} as const satisfies Check;

/** The primary accepts mail from our addresses: EHLO, MAIL, RCPT of its postmaster; never DATA. */
export const primaryRefuses = {
  code: 'PRIMARY_REFUSES',
  title: 'The primary accepts mail from us.',
  meaning: 'Your primary rejects us, or refuses its postmaster: it would not accept the mail that we hold for you.',
  advice:
    'List our egress addresses as trusted at your primary (`domain.primarySetup` has ready-made texts), and let it accept mail for postmaster.',
  judge: (facts) =>
    whenKnown(facts.sessions, (sessions) => {
      const spoken = sessions.filter(({ kind }) => kind !== 'SILENT');
      const evidence = (spoken.length === 0 ? sessions : spoken).map(sessionEvidence);
      if (spoken.length === 0) return unknown(...evidence);
      const refusing = spoken.filter(({ kind }) => kind === 'REFUSED');
      if (refusing.length === spoken.length) return problem(...evidence);
      if (refusing.length > 0) return warning(...refusing.map(sessionEvidence));
      return spoken.some(({ kind }) => kind === 'ACCEPTED') ? ok(...evidence) : unknown(...evidence);
    }),
} as const satisfies Check;

/** The primary does not defer us at first (RFC 6647). */
export const greylisting = {
  code: 'GREYLISTING',
  title: 'The primary does not greylist us.',
  meaning: 'Your primary defers mail from us until we try again: held mail arrives later than it could.',
  advice: 'Exempt our egress addresses from greylisting; `domain.primarySetup` has ready-made texts.',
  judge: (facts) => {
    const now = sessionsOf(facts).filter(({ kind, reply }) => kind === 'DEFERRED' && saysGreylisting(reply));
    if (now.length > 0) return warning(...now.map(sessionEvidence));
    return whenKnown(facts.record, ({ greylistingAt }) => warningSince(facts, 'greylisted', greylistingAt));
  },
} as const satisfies Check;

/** As in delivery: an answer that takes so long is slow on purpose. */
const SLOW_MS = 5000;

function isSlow({ kind, greetingMs, rcptMs }: SessionFact): boolean {
  return kind !== 'SILENT' && (greetingMs >= SLOW_MS || (rcptMs ?? 0) >= SLOW_MS);
}

function slowEvidence(session: SessionFact): Evidence {
  if (isTooSlow(session)) return sessionEvidence(session);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const answered = `[greeted after ${seconds(session.greetingMs)}, RCPT answered after ${seconds(session.rcptMs ?? 0)}]`;
  return { ...sessionEvidence(session), answered };
}

export const tarpitting = {
  code: 'TARPITTING',
  title: 'The primary answers us without delay.',
  meaning: 'Your primary delays its greeting or its replies to RCPT on purpose: held mail drains slowly.',
  advice: 'Exempt our egress addresses from the tarpit; `domain.primarySetup` has ready-made texts.',
  judge: (facts) => {
    const slow = sessionsOf(facts).filter((session) => isTooSlow(session) || isSlow(session));
    if (slow.length > 0) return warning(...slow.map(slowEvidence));
    return whenKnown(facts.record, ({ tarpittingAt }) => warningSince(facts, 'tarpitted', tarpittingAt));
  },
} as const satisfies Check;

export const rateLimiting = {
  code: 'RATE_LIMITING',
  title: 'The primary does not limit our rate.',
  meaning:
    'Your primary ends sessions with 421: too many connections or messages from us. Held mail drains at that rate.',
  advice: 'Exempt our egress addresses from rate and connection limits, or set drainPerMinute below them.',
  judge: (facts) => {
    const now = sessionsOf(facts).filter(({ reply }) => reply.startsWith('421'));
    if (now.length > 0) return warning(...now.map(sessionEvidence));
    return whenKnown(facts.record, ({ closings }) =>
      closings.length === 0 ? okWhenSpoken(facts) : warning(...closings.map(attemptEvidence)),
    );
  },
} as const satisfies Check;

/** The primary accepts messages as large as those that we accept (RFC 1870). */
export const smallerSize = {
  code: 'SMALLER_SIZE',
  title: 'The primary accepts messages as large as we do.',
  meaning:
    'Your primary announces a smaller SIZE than ours: larger messages that do not announce their size are accepted here and refused there.',
  advice: 'Raise the size limit of your primary at least to ours (`service.messageSizeLimit`).',
  judge: (facts) => {
    const { sessions, record, service } = facts;
    const own: Evidence = { asked: 'our own limit', answered: `${service.messageSizeLimitBytes}` };
    const small = sessionsOf(facts).filter(
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
    // A session that failed before EHLO has not said what the primary accepts.
    if (sessionsOf(facts).some(({ stage }) => stage !== 'CONNECT')) return ok(own);
    return whenKnown(record, ({ sizeLimitBytes }) => {
      if (sizeLimitBytes === null) return whenKnown(sessions, (all) => unknown(own, ...all.map(sessionEvidence)));
      const seen: Evidence = { asked: 'EHLO of the last 7 days', answered: `SIZE ${sizeLimitBytes}` };
      return sizeLimitBytes < service.messageSizeLimitBytes ? problem(own, seen) : ok(own, seen);
    });
  },
} as const satisfies Check;

export const catchAll = {
  code: 'CATCH_ALL',
  title: 'The primary refuses mailboxes that do not exist.',
  meaning:
    'Your primary accepts every recipient. Call-aheads are useless, and mail for mailboxes that do not exist is accepted and held.',
  advice: 'Let your primary refuse unknown mailboxes at RCPT, or keep a User List here.',
  judge: (facts) =>
    whenKnown(facts.record, ({ isCatchAll }) => {
      const asked = 'RCPT of a mailbox that cannot exist, in the last 7 days';
      if (isCatchAll !== true)
        return ok({ asked, answered: isCatchAll === null ? '[no call-ahead has asked]' : '[refused]' });
      const evidence = { asked, answered: '[accepted]' };
      // The list refuses here what the primary would accept.
      return facts.domain.listedCount > 0 ? ok(evidence) : warning(evidence);
    }),
} as const satisfies Check;

export const forwardedMailRefused = {
  code: 'FORWARDED_MAIL_REFUSED',
  title: 'The primary does not refuse what we forward for SPF or DMARC.',
  meaning:
    'Your primary refused mail from us for SPF or DMARC: it took us for the sender, and such mail is lost to its recipient.',
  advice:
    'List our egress addresses as trusted forwarders at your primary, so that it checks neither SPF nor DMARC for mail from us.',
  judge: (facts) =>
    whenKnown(facts.record, ({ authenticationRefusals }) =>
      authenticationRefusals.length === 0 ? ok() : problem(...authenticationRefusals.map(attemptEvidence)),
    ),
} as const satisfies Check;

export const settingUp = {
  code: 'SETTING_UP',
  title: 'The primary does not refuse mailboxes that it had.',
  meaning:
    'Your primary refused many mailboxes that it had accepted before, as if it were not completely set up. The breaker has kept their mail.',
  advice:
    'Finish the set-up before the server listens, or let it answer 4xx until then; `domainReleaseBreaker` closes the breaker.',
  judge: (facts) =>
    whenKnown(facts.record, ({ breakerReply, breakerOpenings }) => {
      if (breakerReply !== null) return problem({ asked: 'breaker', answered: breakerReply });
      const past = breakerOpenings.map(
        ({ at, reply }): Evidence => ({ asked: `breaker opened at ${at.toISOString()}`, answered: reply }),
      );
      return past.length === 0 ? ok() : warning(...past);
    }),
} as const satisfies Check;
