/**
 * The page that `documentationUrl` of a user error leads to: every code with its meaning and what to do. docs/errors.md says the
 * same.
 */
import { ERROR_TEXTS, type UserErrorCode } from '../input/error-codes.ts';
import { escapeHtml, pageOf } from './reject-pages.ts';

/** The address of a code's section. `publicUrl`: PUBLIC_URL. */
export function documentationUrl(publicUrl: string, code: UserErrorCode): string {
  return `${publicUrl.replace(/\/+$/, '')}/errors#${code}`;
}

/** HTML without script, as the pages of rejection codes. */
export function errorPage(): string {
  const title = 'Errors of the API';
  const sections = Object.entries(ERROR_TEXTS).flatMap(([code, { meaning, remedy }]) => [
    `<h2 id="${code}">${code}</h2>`,
    `<p>${textOf(meaning)}</p>`,
    `<p>${textOf(remedy)}</p>`,
  ]);
  const intro = 'A mutation that is refused changes nothing. Each of its errors has one of these codes.';
  return pageOf(title, [`<h1>${title}</h1>`, `<p>${intro}</p>`, ...sections]);
}

function textOf(markdown: string): string {
  return escapeHtml(markdown).replaceAll(/`([^`]*)`/g, '<code>$1</code>');
}
