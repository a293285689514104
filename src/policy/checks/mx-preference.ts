/**
 * Is there a better host to hand the mail to? (RFC 5321 §5.1, RFC 7505.)
 *
 * Refuses when DNS says so in full: we are the most preferred MX, the domain takes no mail, or it has no mail server. A
 * look-up that fails or takes long accepts: that is when a backup is needed. `deliverTo` names the hosts itself: the MX records do not matter then.
 * Must be cheap when warm: the answer is asked for at every RCPT and comes from the resolver's cache.
 */
import { within } from '../../clock.ts';
import type { NextHops } from '../../dns/next-hop.ts';
import { type Check, PASS, type ReplyLine, type Verdict } from '../decision.ts';

/** A sender waits for RCPT; the mail can be judged by the delivery as well. */
const MOST_WAIT_MS = 2000;
/** After a look-up that failed or was slow, the domain's mail is taken unasked for so long. */
const TROUBLE_MS = 30_000;
const MOST_REMEMBERED = 10_000;

const MOST_PREFERRED: ReplyLine = {
  code: 550,
  enhancedCode: '5.4.6',
  text: 'this backup server is the most preferred MX of the domain, there is no better server to hand the mail to',
  rejection: 'BMX-RANK',
};
const EQUAL_PREFERENCE: ReplyLine = {
  ...MOST_PREFERRED,
  text: 'this backup server has the same MX preference as the primary, there is no better server to hand the mail to',
};
const LOOP: ReplyLine = { ...MOST_PREFERRED, text: 'mail for the domain would come back to this backup server' };
const NULL_MX: ReplyLine = {
  code: 556,
  enhancedCode: '5.1.10',
  text: 'the domain says that it takes no mail (null MX)',
  rejection: 'BMX-NULLMX',
};
const NO_SERVER: ReplyLine = {
  code: 450,
  enhancedCode: '4.4.4',
  text: 'the domain has no mail server in DNS at present',
  rejection: 'BMX-DNS',
};

export function createMxPreferenceCheck(deps: {
  findNextHops: (domain: string) => Promise<NextHops>;
  monotonicMs: () => number;
}): Check {
  const troubledUntil = new Map<string, number>();
  const remember = (domain: string) => {
    if (troubledUntil.size >= MOST_REMEMBERED) troubledUntil.clear();
    troubledUntil.set(domain, deps.monotonicMs() + TROUBLE_MS);
  };
  return ({ domain: { name, deliverTo } }) => {
    if (deliverTo.length > 0 || (troubledUntil.get(name) ?? 0) > deps.monotonicMs()) return PASS;
    return judge(name);
  };

  async function judge(name: string): Promise<Verdict> {
    const found = await within(MOST_WAIT_MS, deps.findNextHops(name), () => null);
    if (found === null || found.kind === 'TROUBLE') {
      remember(name);
      return PASS;
    }
    const reply = refusalOf(found);
    return reply === null ? PASS : { kind: 'REFUSE', reply };
  }
}

function refusalOf(found: NextHops): ReplyLine | null {
  switch (found.kind) {
    case 'HOSTS':
    case 'TROUBLE':
      return null;
    case 'NULL_MX':
      return NULL_MX;
    case 'NXDOMAIN':
    case 'NO_ADDRESS':
      return NO_SERVER;
    case 'NOTHING_BETTER':
      return { MOST_PREFERRED, EQUAL_PREFERENCE, LOOP }[found.cause];
    default:
      return found satisfies never;
  }
}
