/**
 * What schema.graphql takes away from people's scripts, beside the last release and beside the names of the first version.
 *
 * docs/schema/README.md says what may change and how. Reads files only; `generate.ts --check` runs it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { type BreakingChange, buildSchema, findBreakingChanges, findDangerousChanges } from 'graphql';

interface Baseline {
  /** For people: `release 0.1.0`. */
  readonly name: string;
  readonly sdl: string;
  /** Nothing excuses a change of it, and what is new beside it is no news. */
  readonly isFrozen: boolean;
}

export interface SchemaChanges {
  /** Breaking, and not excused: a sentence each. */
  readonly complaints: readonly string[];
  /** Changes that may surprise a script although they break none, and excused ones. */
  readonly notes: readonly string[];
}

/** An entry says enough when it goes on after the sentence: `Use Domain.proof.` has so many characters. */
const SHORTEST_WAY_OUT = 15;

/** Compares a schema with what it was; the change log excuses a change of a release by naming it with a way out. */
export function schemaChanges(present: string, baselines: readonly Baseline[], changelog: string): SchemaChanges {
  const complaints: string[] = [];
  const notes: string[] = [];
  const excuses = pendingEntries(changelog);
  const schema = buildSchema(present);
  for (const { name, sdl, isFrozen } of baselines) {
    const before = buildSchema(sdl, { assumeValid: true });
    for (const { description } of findBreakingChanges(before, schema)) {
      const isExcused = !isFrozen && excuses.some((entry) => isWayOut(entry, description));
      if (isExcused) notes.push(`${name}: ${description} CHANGELOG.md says what to do.`);
      else complaints.push(`${name}: ${description}${isFrozen ? '' : HOW_TO_EXCUSE}`);
    }
    if (!isFrozen) notes.push(...findDangerousChanges(before, schema).map((change) => note(name, change)));
  }
  return { complaints, notes };
}

const HOW_TO_EXCUSE =
  ' Put it back, or write this sentence and what to do instead as an entry under "Pending" in CHANGELOG.md.';

const note = (name: string, { description }: { readonly description: string }) => `${name}: ${description}`;

function isWayOut(entry: string, description: BreakingChange['description']): boolean {
  return entry.startsWith(description) && entry.length >= description.length + SHORTEST_WAY_OUT;
}

/** Each on one line, without the markers of code. */
function pendingEntries(changelog: string): string[] {
  const pending = /^## Pending$(.*?)(?=^## |(?![^]))/msu.exec(changelog)?.[1] ?? '';
  return pending.split(/^- /m).map((entry) => entry.replaceAll('`', '').replaceAll(/\s+/g, ' ').trim());
}

/** The baselines of a project: `contract.graphql` and the last release, by number, of docs/schema/. */
export async function readBaselines(root: string): Promise<Baseline[]> {
  const folder = `${root}docs/schema/`;
  const releases = (await readdir(folder)).filter((file) => /^\d+\.\d+\.\d+\.graphql$/.test(file));
  const last = releases.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  const contract = { name: 'the contract', sdl: await readFile(`${folder}contract.graphql`, 'utf8'), isFrozen: true };
  if (last === undefined) return [contract];
  const name = `release ${last.replace('.graphql', '')}`;
  return [contract, { name, sdl: await readFile(folder + last, 'utf8'), isFrozen: false }];
}
