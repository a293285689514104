/**
 * The answer to one SMTP command: a reply, something that is no reply, or nothing (RFC 5321 §4.2).
 *
 * `text` can stand in a log, the API or a DSN as it is: the peer's words verbatim but sanitised, or ours in brackets.
 * Does not judge what an answer means for mail: delivery/classify.ts does.
 */
import { formatReply, parseReply, type Reply, sanitizeText } from '../mail/reply.ts';

/** Why there was no reply. `STOPPED`: we cut the session ourselves. */
export type Silence = 'TIMEOUT' | 'DROPPED' | 'STOPPED';

export type Answer =
  | { readonly kind: 'REPLY'; readonly reply: Reply; readonly text: string }
  | { readonly kind: 'JUNK'; readonly text: string }
  | { readonly kind: 'SILENCE'; readonly silence: Silence; readonly text: string };

/** Enough to recognise what talks on that port; the rest is noise. */
const MAX_JUNK_LENGTH = 200;

/** Servers have few words and say them for every message: so many short ones are remembered as read. */
const MOST_REMEMBERED = 100;
const MAX_REMEMBERED_LENGTH = 100;
const remembered = new Map<string, Answer>();

/** Reads a whole reply as it came, its lines separated by LF. */
export function readAnswer(lines: string): Answer {
  const known = remembered.get(lines);
  if (known !== undefined) return known;
  const answer = parseAnswer(lines);
  if (lines.length > MAX_REMEMBERED_LENGTH) return answer;
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(lines, answer);
  return answer;
}

function parseAnswer(lines: string): Answer {
  const reply = parseReply(lines);
  if (reply !== null) return { kind: 'REPLY', reply, text: formatReply(reply) };
  return { kind: 'JUNK', text: `[not a reply: ${sanitizeText(lines, MAX_JUNK_LENGTH)}]` };
}

/** 2yz. */
export function isYes(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code < 300;
}

/** Words that came though nothing was asked: junk, as one line, so that no code in it counts. */
export function unaskedAnswer(lines: string): Answer {
  return readAnswer(`unasked: ${lines.replaceAll('\n', ' ')}`);
}

const SILENCE_WORDS: { readonly [S in Silence]: string } = {
  TIMEOUT: 'timed out waiting for',
  DROPPED: 'connection lost while waiting for',
  STOPPED: 'stopped by us while waiting for',
};

/** @param where what we waited for, such as `the greeting` */
export function noAnswer(silence: Silence, where: string): Answer {
  return { kind: 'SILENCE', silence, text: `[${SILENCE_WORDS[silence]} ${where}]` };
}
