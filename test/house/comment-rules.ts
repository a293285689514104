/**
 * Comments name files as they are: a file that was moved or renamed is not left behind in what others say of it.
 *
 * A rule gives one line for each violation, none when all is well.
 */
import type { SourceFile } from './source-file.ts';

/** `claim.ts`, `queue/claim.ts`, `test/queue/probe.test.ts`; a pattern such as `*.test.ts` names none. */
const FILE_NAME = /(?<![\w/.*-])(?:\.{1,2}\/)*((?:[\w.-]+\/)*[\w-][\w.-]*\.(?:ts|mjs))\b/g;

/** File names in comments that are no file's, nor the end of one's path. */
export function deadNames(files: readonly SourceFile[], there: readonly string[]): string[] {
  const ends = new Set(there.flatMap(endsOf));
  return files.flatMap((file) =>
    [...commentsOf(file).matchAll(FILE_NAME)].flatMap(([, name = '']) =>
      ends.has(name) ? [] : [`${file.path}: its comment names ${name}, which is not there`],
    ),
  );
}

/** `src/queue/claim.ts`, `queue/claim.ts` and `claim.ts`. */
function endsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, at) => parts.slice(at).join('/'));
}

/** Its comments, all else turned into spaces. */
function commentsOf({ text, withoutComments }: SourceFile): string {
  return Array.from({ length: text.length }, (_, at) => (text[at] === withoutComments[at] ? ' ' : text[at])).join('');
}
