/**
 * `npm run prose`: the rules of bin/prose-rules.ts over README, docs, the schema and the comments in src.
 *
 * A place of bin/prose-allowed.json may still have that many violations, and neither more nor fewer: whoever writes
 * better lowers the number, by `npm run prose -- --lower`. `npm run prose -- PATH` lists what is wrong below a path.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { checkMarkdown, checkSchema, checkSource, type Complaint, ratchet } from './prose-rules.ts';

const ROOT = join(import.meta.dirname, '..');
const ALLOWED = join(ROOT, 'bin/prose-allowed.json');
/** Pages that are made from texts which are checked where they stand, or that no one may change. */
const EXEMPT = /^docs\/(?:terraform\/(?!index)|schema\/contract)/;

interface Found extends Complaint {
  readonly path: string;
  readonly place: string;
}

/** Places that may have violations count as a whole: a page by its path, sources by their room. */
function placeOf(path: string): string {
  return path.startsWith('src/') ? path.split('/').slice(0, 2).join('/') : path;
}

function check(path: string): readonly Complaint[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  if (path.endsWith('.md')) return checkMarkdown(text);
  return path.endsWith('.graphql') ? checkSchema(text) : checkSource(text);
}

function filesBelow(folder: string, names: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && names.test(entry.name) && entry.name !== 'generated.ts')
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .filter((path) => !EXEMPT.test(path))
    .sort();
}

const paths = ['README.md', 'schema.graphql', ...filesBelow('docs', /\.md$/), ...filesBelow('src', /\.ts$/)];
const found: readonly Found[] = paths.flatMap((path) =>
  check(path).map((complaint) => ({ ...complaint, path, place: placeOf(path) })),
);
const counts = new Map<string, number>();
for (const { place } of found) counts.set(place, (counts.get(place) ?? 0) + 1);
const allowed = new Map(Object.entries(JSON.parse(readFileSync(ALLOWED, 'utf8')) as Record<string, number>));
const places = [...new Set([...counts.keys(), ...allowed.keys()])].sort();

const list = (of: (one: Found) => boolean): void => {
  for (const { path, line, text } of found.filter(of)) console.error(`${path}:${line}: ${text}`);
};

const options = process.argv.slice(2);
if (options[0] === '--lower') {
  const lowered = places
    .map((place) => [place, Math.min(counts.get(place) ?? 0, allowed.get(place) ?? 0)] as const)
    .filter(([, count]) => count > 0);
  writeFileSync(ALLOWED, `${JSON.stringify(Object.fromEntries(lowered), null, 2)}\n`);
} else if (options[0] === undefined) {
  for (const { place, text, isMore } of ratchet(counts, allowed)) {
    if (isMore) list((one) => one.place === place);
    console.error(`prose: ${text}`);
    process.exitCode = 1;
  }
} else list(({ path }) => options.some((option) => path.startsWith(option)));
