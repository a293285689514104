/**
 * The User List: a mailbox that the domain's owner does not name does not exist (product: User List).
 *
 * An empty list is off. postmaster and abuse are never refused by it (RFC 5321 §4.5.1, RFC 2142). A stranger learns that
 * there is no such mailbox, which the primary would tell as well, not that there is a list.
 */
import type { IsListed } from '../../domains/user-list/lookup.ts';
import { type Check, PASS, type Verdict } from '../decision.ts';

const NO_MAILBOX: Verdict = {
  kind: 'REFUSE',
  reply: { code: 550, enhancedCode: '5.1.1', text: 'there is no such mailbox', rejection: 'BMX-USER' },
};

export function createUserListCheck(isListed: IsListed): Check {
  return ({ domain, localPart, isRole }) => {
    if (isRole || domain.recipientList.count === 0) return PASS;
    const answer = isListed(domain, localPart);
    return answer instanceof Promise ? answer.then(verdictOn) : verdictOn(answer);
  };
}

function verdictOn(isListed: boolean): Verdict {
  return isListed ? PASS : NO_MAILBOX;
}
