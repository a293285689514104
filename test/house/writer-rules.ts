/**
 * One writer for each fact that others build on: events, outages, and the outbox of what is told outside.
 *
 * A search of the text, not a parser: it knows SQL and the query builder. A rule gives one line for each violation.
 */
import type { SourceFile } from './source-file.ts';

interface Fact {
  readonly table: string;
  /** Its name in the schema, as the builder is given it. */
  readonly schema: string;
  /** The only file that writes it. */
  readonly writer: string;
}

const FACTS: readonly Fact[] = [
  { table: 'events', schema: 'events', writer: 'src/events/record.ts' },
  { table: 'outages', schema: 'outages', writer: 'src/outage/lifecycle.ts' },
  // A trigger fills it (drizzle/0030_outbox_kinds.sql); who empties it is the only one that touches it in the program.
  { table: 'event_outbox', schema: 'eventOutbox', writer: 'src/notify/outbox.ts' },
];

/** The newest migration that may write them: later ones change tables, or fill what is new. */
const LAST_WRITING_MIGRATION = 30;

/** Statements that write one of the facts in a file that is not its writer. */
export function otherWriters(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    FACTS.filter(({ writer }) => writer !== path)
      .filter((fact) => !isOldMigration(path) && writes(fact, text))
      .map(({ table, writer }) => `${path}: writes ${table}, which only ${writer} does`),
  );
}

function writes({ table, schema }: Fact, text: string): boolean {
  const statement = new RegExp(
    `\\b(?:insert\\s+into|update|delete\\s+from|merge\\s+into)\\s+(?:only\\s+)?(?:public\\.)?"?${table}\\b`,
    'i',
  );
  return statement.test(text) || new RegExp(`\\.(?:insert|update|delete)\\(\\s*(?:\\w+\\.)?${schema}\\b`).test(text);
}

function isOldMigration(path: string): boolean {
  const [, number = ''] = /^drizzle\/(\d{4})_/.exec(path) ?? [];
  return number !== '' && Number(number) <= LAST_WRITING_MIGRATION;
}
