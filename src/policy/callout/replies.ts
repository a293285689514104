/**
 * The words of the call-ahead. None names the primary, its address or its reply (RFC 5321 §4.2 leaves them to us).
 */
import type { ReplyLine, Verdict } from '../decision.ts';

const NO_MAILBOX: ReplyLine = {
  code: 550,
  enhancedCode: '5.1.1',
  text: "the domain's mail server says that there is no such mailbox",
  rejection: 'BMX-PRIMARY',
};
const LATER: ReplyLine = {
  code: 450,
  enhancedCode: '4.2.1',
  text: "mailbox not known here, and the domain's mail server cannot be asked now; try again later",
  rejection: 'BMX-LATER',
};

export const REFUSE_UNKNOWN: Verdict = { kind: 'REFUSE', reply: NO_MAILBOX };
/** Nothing is known of the mailbox, and the domain wants such mail to wait. */
export const DEFER_UNKNOWN: Verdict = { kind: 'REFUSE', reply: LATER };
/** A mailbox known good was refused once. */
export const DEFER_SUSPECTED: Verdict = {
  kind: 'REFUSE',
  reply: { ...LATER, text: "the domain's mail server is not sure of this mailbox; try again later" },
};
