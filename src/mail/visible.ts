/**
 * Text of strangers (addresses, names, replies) as a person may see it: what has no shape of its own is spelled out.
 *
 * An address with U+202E, or with a zero-width space, reads like another one. Every output for people goes through here: log
 * lines, reports, alert mails, the timeline, tables. The JSON API gives the data as it is (Unicode UTS #39, §5.1; UAX #9).
 */

/** Controls, bidirectional and other format characters, separators, lone surrogates, and what is not drawn. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Each unseen character as `\u202e`, in the spelling of JSON: beyond U+FFFF as two. */
export function visible(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, at) => unit(character.charCodeAt(at))).join(''),
  );
}

/** The same of a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
