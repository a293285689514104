/**
 * The one form under which a mailbox is known here: in User Lists, in what callouts have shown, in what was delivered.
 *
 * Promises the same form for every spelling that differs in case or Unicode composition only (RFC 6531 §3.3), in every
 * locale, and a form for every local part that parsePath lets through. A form is only ever compared: the primary is shown
 * the spelling of the sender, since case is the primary's to judge (RFC 5321 §2.4).
 */
import { Buffer } from 'node:buffer';

/** RFC 5321 §4.5.3.1.1. */
const MAX_OCTETS = 64;
/** Controls, line separators, and the mark that octets which are not UTF-8 leave behind. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/;
const ASCII = /^[ -~]*$/;

/**
 * The form of a local part given without its quotes, or null when it cannot be one: empty, a control character, half a
 * surrogate pair, longer than 64 octets. A form may be longer than that itself, where a lower-case letter takes more octets
 * than its capital.
 */
export function normalizeLocalPart(text: string): string | null {
  if (text === '' || text.length > 4 * MAX_OCTETS) return null;
  if (!text.isWellFormed() || UNSAFE.test(text)) return null;
  if (ASCII.test(text)) return text.length > MAX_OCTETS ? null : text.toLowerCase();
  const form = foldCase(text.normalize('NFC')).normalize('NFC');
  // Composition shortens, folding may lengthen: one spelling that fits is enough, and a form is its own form.
  const spellings = [text, form, form.toUpperCase().normalize('NFC')];
  return spellings.some((spelling) => Buffer.byteLength(spelling) <= MAX_OCTETS) ? form : null;
}

/**
 * The form without what follows the delimiter: `alice` of `alice+lists`. The form itself without a delimiter, where it does
 * not occur, and where nothing would be left.
 */
export function baseOf(form: string, delimiter: string | null): string {
  const end = delimiter === null ? -1 : form.indexOf(delimiter);
  return end > 0 ? form.slice(0, end) : form;
}

/** Letter by letter: the lower case of a whole word would write one capital sigma in two ways, by where it stands. */
function foldCase(text: string): string {
  let folded = '';
  for (const letter of text) folded += letter === 'ς' ? 'σ' : letter.toLowerCase();
  return folded;
}
