/**
 * The composition decides nothing about mail: src/app/ connects modules, and a decision has a module of its own.
 *
 * A program cannot see a decision, but it sees what every decision about mail is made of: SQL, reply codes, a comparison with a state of mail,
 * a loop over recipients or messages.
 */
import type { SourceFile } from './source-file.ts';

const STATES =
  'HELD|DELIVERED|DEFERRED|FAILED|EXPIRED|CANCELLED|SUSPECTED|RELAY|INTERNAL|MAIL|REPORT|POSITIVE|NEGATIVE|' +
  'PENDING|ACTIVE|SUSPENDED|OPEN|TRIAL|CLOSED';
const MAIL = 'recipients?|messages?|messageResults?|results?|envelopes?|destinations?|domains?|outages?|rejections?';

/** What a decision is made of, and where it belongs. */
const PARTS: readonly { readonly what: string; readonly form: RegExp }[] = [
  { what: 'SQL: its rows have a module', form: /\b(?:\w*[sS]ql|transaction)(?:<[^`;]*>)?`|\.(?:unsafe|begin)\s*\(/g },
  {
    what: 'a reply code: policy/ and inbound/ say what a client hears',
    form: /(?<![\w.])(?:2(?:1[14]|2[01]|5[0-3])|354|4(?:21|5\d)|5(?:0[1-4]|5\d))(?![\w.]|[^'"`\n]*['"`])|\b[245]\.\d{1,3}\.\d{1,3}\b|['"`]BMX-|\breply\.(?:code|enhancedCode)\b/g,
  },
  {
    what: 'a comparison with a state of mail: its module tells what follows from it',
    form: new RegExp(`(?:[!=]==\\s*|\\bcase\\s+)'(?:${STATES})'`, 'g'),
  },
  {
    what: 'a loop over mail: its module does that',
    form: new RegExp(
      `\\bfor\\s*(?:await\\s*)?\\(\\s*const\\b[^;]*?\\bof\\b[^;{]*?\\b(?:${MAIL})\\b|\\b(?:${MAIL})\\s*\\??\\.(?:map|flatMap|filter|forEach|some|every|reduce|values|entries)\\(`,
      'gi',
    ),
  },
];

/** One line for each part of a decision in src/app/. */
export function decisionsInApp(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/app/'))
    .flatMap(({ path, withoutComments }) =>
      PARTS.flatMap(({ what, form }) =>
        [...withoutComments.matchAll(form)].map(({ index }) => {
          const line = withoutComments.slice(0, index).split('\n').length;
          return `${path}:${line}: ${what}`;
        }),
      ),
    );
}
