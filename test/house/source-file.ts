/**
 * The project's source files as the architecture test sees them: text, code without comments or strings, imports.
 *
 * A small scanner, not a parser: it knows comments, strings, templates and regular expressions, which is enough to find
 * import lines and names. Every rule takes these values, so that its self-test can feed it a made-up file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** From the project's root: `src/queue/accept/spool.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments turned into spaces; lines kept. */
  readonly withoutComments: string;
  /** The text with comments and the contents of strings and regular expressions turned into spaces; lines kept. */
  readonly code: string;
  /** What it imports, types included, in any form. */
  readonly imports: readonly Import[];
}

export interface Import {
  /** A relative one as a path from the root, `src/mail/reply.ts`; else as written, `node:net`, `hono/cors`. */
  readonly target: string;
  readonly isRelative: boolean;
}

/** Builds the value from a path and a text. */
export function sourceFile(path: string, text: string): SourceFile {
  const { withoutComments, code } = scan(text);
  return {
    path,
    text,
    withoutComments,
    code,
    imports: importsOf(withoutComments).map((specifier) => importFrom(path, specifier)),
  };
}

/** All files below `folder` of the project at `root` whose names match, in order; hidden and generated ones are left out. */
export function sourceFiles(root: string, folder: string, names = /\.ts$/): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && names.test(entry.name) && entry.name !== 'generated.ts')
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}

const IMPORT_FORMS = [
  /^[ \t]*(?:import|export)\b[^'"`;()]*?\bfrom\s*(['"])(.+?)\1/gm,
  /^[ \t]*import\s*(['"])(.+?)\1/gm,
  /\b(?:import|require)\s*\(\s*(['"`])(.+?)\1/g,
];

function importsOf(text: string): string[] {
  return IMPORT_FORMS.flatMap((form) => [...text.matchAll(form)].map((match) => match[2] ?? ''));
}

function importFrom(path: string, specifier: string): Import {
  const isRelative = specifier.startsWith('.');
  return { target: isRelative ? join(path, '..', specifier) : specifier, isRelative };
}

/** After these a slash starts a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[([{}=,;:!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|throw|await|yield))\s*$/;

interface Scan {
  readonly withoutComments: string;
  readonly code: string;
}

function scan(text: string): Scan {
  let withoutComments = '';
  let code = '';
  /** Brace depth at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  let index = 0;

  const take = (end: number, kind: 'code' | 'string' | 'comment'): void => {
    const piece = text.slice(index, end);
    const spaces = piece.replace(/[^\n]/g, ' ');
    withoutComments += kind === 'comment' ? spaces : piece;
    code += kind === 'code' ? piece : spaces;
    index = end;
  };

  while (index < text.length) {
    const character = text[index] ?? '';
    const pair = text.slice(index, index + 2);
    if (pair === '//') take(endOf(text, '\n', index), 'comment');
    else if (pair === '/*') take(endOf(text, '*/', index + 2) + 2, 'comment');
    else if (character === "'" || character === '"') take(endOfQuoted(text, index + 1, character), 'string');
    else if (character === '/' && BEFORE_REGEX.test(code.slice(-200))) take(endOfRegex(text, index + 1), 'string');
    else if (character === '`' || (character === '}' && templates.at(-1) === depth)) {
      if (character === '}') templates.pop();
      const end = endOfTemplatePart(text, index + 1);
      take(end, 'string');
      if (text.slice(end - 2, end) === '${') templates.push(depth);
    } else {
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      take(index + 1, 'code');
    }
  }
  return { withoutComments, code };
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let index = from;
  while (index < text.length && text[index] !== quote && text[index] !== '\n') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

/** Behind the closing backtick, or behind the `${` of the next substitution. */
function endOfTemplatePart(text: string, from: number): number {
  let index = from;
  while (index < text.length) {
    if (text[index] === '`') return index + 1;
    if (text.slice(index, index + 2) === '${') return index + 2;
    index += text[index] === '\\' ? 2 : 1;
  }
  return index;
}

function endOfRegex(text: string, from: number): number {
  let index = from;
  let isInClass = false;
  while (index < text.length && text[index] !== '\n' && (isInClass || text[index] !== '/')) {
    if (text[index] === '[') isInClass = true;
    if (text[index] === ']') isInClass = false;
    index += text[index] === '\\' ? 2 : 1;
  }
  return index + 1;
}
