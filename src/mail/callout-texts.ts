/**
 * How mail servers say, without an enhanced status code, that a mailbox does not exist. Data.
 *
 * A phrase stands here only when no common server uses it for anything else.
 */

const UNKNOWN_USER = [
  'user unknown',
  'unknown user',
  'no such user',
];

/** Does the text hold one of the phrases? Case, punctuation and line breaks do not matter. */
export function saysUnknownUser(text: string): boolean {
  const words = text.toLowerCase().replace(/[^a-z0-9]+/g, ' ');
  return UNKNOWN_USER.some((phrase) => ` ${words} `.includes(` ${phrase} `));
}
