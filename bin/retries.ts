/**
 * docs/retries.md: the real times of all attempts, asked of the SQL function that decides them.
 *
 * Starts a database of its own in a temporary folder, applies the migrations, and takes it away again.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Sql } from '../src/db/client.ts';
import { startEmbedded } from '../src/embedded-postgres/embedded.ts';
import { migrate } from '../src/db/migrate.ts';

interface Stage {
  readonly every: string;
  readonly attempts: number;
  readonly first: string;
  readonly last: string;
}

const HEAD = `# When is a held message tried again?

<!-- Made by \`npm run generate\` from the database's own schedule (table \`retry_schedule\`, function \`next_attempt\`). -->

The first attempt is made when the message is accepted. If it fails because the destination cannot
be reached, the destination's clock starts. It gives one attempt per slot for all mail of the
destination, each time with another message. A deferral of one message only (greylisting, a full
mailbox) starts that message's own clock, on the same grid.

The grid begins at the first failure and never shifts. A slow attempt, a restart of the service or a
change of its clock neither adds nor loses slots. The lifetime of each message begins at its
acceptance. An attempt that begins at or after its end and fails is the final one.
`;

/** The page's text. */
export async function retriesPage(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'backup-mx-retries-'));
  await chmod(dataDir, 0o755);
  const log = { info: () => undefined, warn: () => undefined };
  const embedded = await startEmbedded({ dataDir, log });
  const database = openDatabase(embedded.connection);
  try {
    const migrated = await migrate(embedded.connection);
    if (migrated.kind === 'REFUSED') throw new Error(migrated.line);
    return await writePage(database.sql);
  } finally {
    await database.close();
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function writePage(sql: Sql): Promise<string> {
  const stages = await sql<Stage[]>`
    with ends as (
      select stage, every, attempts, sum(every * attempts) over (order by stage) as ends from retry_schedule
    )
    select every::text as every, attempts, (ends - every * (attempts - 1))::text as first, ends::text as last
    from ends order by stage`;
  const slots = await sql<{ number: number; after: string }[]>`
    with recursive slots as (
      select 1 as number, next_attempt('epoch', 'epoch') as at
      union all
      select number + 1, next_attempt('epoch', at) from slots, queue_limits where at < 'epoch'::timestamptz + lifetime
    )
    select number, (extract(epoch from at) / 3600)::numeric(6, 2)::text as after from slots order by number`;
  const [limits] = await sql<{ hours: string }[]>`
    select (extract(epoch from lifetime) / 3600)::int::text as hours from queue_limits`;
  const total = slots.length;
  const rows = stages.map(({ every, attempts, first, last }) => `| ${every} | ${attempts} | ${first} | ${last} |`);
  const byRow = Array.from({ length: Math.ceil(total / 12) }, (_, row) => slots.slice(row * 12, row * 12 + 12));
  const lines = byRow.map((row) => {
    const first = row[0]?.number ?? 0;
    return `| ${first}–${first + row.length - 1} | ${row.map(({ after }) => Number(after)).join(' · ')} |`;
  });
  return [
    HEAD,
    '| every | attempts | first after | last after |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `That makes ${total} attempts after the first one. Mail is held for ${limits?.hours ?? '?'} hours. While a later message`,
    'keeps a destination busy, the last interval is repeated.',
    '',
    '## Every slot, in hours after the first failure',
    '',
    '| slots | hours |',
    '| --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
