/**
 * The mailbox that an originator field names, From or Sender (RFC 5322 §3.6.2).
 *
 * Strict on purpose: it serves as a proof. A field with several mailboxes, a group or a syntax error names none.
 */
import { parsePath } from './address.ts';

/** Canonical `local@domain`; null if the value is not exactly one mailbox. `value`: what follows the colon, folds included. */
export function mailboxIn(value: string): string | null {
  const text = withoutComments(value.replaceAll(/\r?\n(?=[ \t])/g, ''));
  if (text === null) return null;
  const [before = '', angle, ...more] = splitOutsideQuotes(text, '<');
  if (more.length > 0) return null;
  if (angle === undefined) return addressIn(before);
  const [inner = '', after, ...rest] = splitOutsideQuotes(angle, '>');
  const isOne = after?.trim() === '' && rest.length === 0 && splitOutsideQuotes(before, ',:;').length === 1;
  return isOne ? addressIn(inner) : null;
}

function addressIn(text: string): string | null {
  const parsed = parsePath(`<${text.trim()}>`, { allowNull: false, smtpUtf8: true });
  return parsed.kind === 'PATH' ? parsed.path.address : null;
}

/** Null if a quoted string or a comment does not end (RFC 5322 §3.2.2, §3.2.4). */
function withoutComments(text: string): string | null {
  let kept = '';
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    const isEscape = character === '\\' && (isQuoted || depth > 0);
    const piece = isEscape ? text.slice(i, i + 2) : character;
    if (isEscape) i += 1;
    else if (character === '"' && depth === 0) isQuoted = !isQuoted;
    else if (character === '(' && !isQuoted) depth += 1;
    if (depth === 0) kept += piece;
    else if (character === ')' && !isEscape) {
      depth -= 1;
      kept += ' ';
    }
  }
  return isQuoted || depth > 0 ? null : kept;
}

function splitOutsideQuotes(text: string, separators: string): string[] {
  const parts = [''];
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    const piece = character === '\\' && isQuoted ? text.slice(i, i + 2) : character;
    i += piece.length - 1;
    if (character === '"') isQuoted = !isQuoted;
    if (!isQuoted && separators.includes(character)) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
