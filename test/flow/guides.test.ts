/**
 * The guides as a reader follows them: each block that a comment `try: NAME` marks is run as it stands, in one shell for the
 * whole guide. What the block after it shows is what it prints; `…` stands for any text, of JSON for any value.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findProgram, run } from '../helpers/child.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const ROOT = join(import.meta.dir, '..', '..');
const GUIDES = ['api.md', 'hosters.md'] as const;
const missing = ['bash', 'curl', 'jq'].filter((name) => findProgram(name) === null);
if (missing.length > 0) console.warn(`SKIPPED: the guides are not followed, without ${missing.join(', ')}`);
const MARK = '=== after ';

interface Block {
  readonly name: string;
  readonly script: string;
  readonly shows: { readonly language: string; readonly text: string } | null;
}

function blocksOf(guide: string): readonly Block[] {
  const text = readFileSync(join(ROOT, 'docs', guide), 'utf8');
  const blocks = text.matchAll(/<!-- try: ([\w-]+) -->\n```sh\n([^]*?)\n```\n(?:\n```(json|text)\n([^]*?)\n```\n)?/g);
  return [...blocks].map(([, name = '', script = '', language, shown]) => ({
    name,
    script,
    shows: language === undefined ? null : { language, text: shown ?? '' },
  }));
}

let flow: Flow;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backup-mx-guides-'));
  await writeFile(
    join(folder, 'backup-mx'),
    `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/bin/backup-mx.mjs' "$@"\n`,
  );
  await chmod(join(folder, 'backup-mx'), 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What each block prints, on either channel, by its name. */
async function follow(blocks: readonly Block[], more: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const script = blocks.map(({ name, script }) => `${script}\nprintf '\\n${MARK}${name}\\n'`).join('\n');
  const { stdout } = await run('bash', ['-c', `exec 2>&1\n${script}\n`], {
    cwd: folder,
    env: {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      BACKUP_MX_URL: flow.service.httpUrl,
      BACKUP_MX_TOKEN: flow.service.token,
      ...more,
    },
    timeoutMs: 120_000,
  });
  const parts = stdout.toString().split(new RegExp(`\\n${MARK}([\\w-]+)\\n`));
  return new Map(blocks.map(({ name }, index) => [parts[2 * index + 1] ?? name, parts[2 * index] ?? '']));
}

/** Each `…` of a shown value takes what was answered there. */
function filled(shown: unknown, answered: unknown): unknown {
  if (shown === '…') return answered === undefined ? shown : answered;
  if (Array.isArray(shown) && Array.isArray(answered))
    return shown.map((value, index) => filled(value, answered[index]));
  if (typeof shown !== 'object' || shown === null || typeof answered !== 'object' || answered === null) return shown;
  const values = new Map(Object.entries(answered));
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, filled(value, values.get(key))]));
}

function expectShown({ name, shows }: Block, printed: string): void {
  if (shows === null) expect([name, printed.trim()]).toEqual([name, '']);
  else if (shows.language === 'json') {
    const answered: unknown = JSON.parse(printed);
    expect(answered).toEqual(filled(JSON.parse(shows.text), answered));
  } else {
    const pattern = shows.text.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    expect(printed.trimEnd()).toMatch(new RegExp(`^${pattern.join('.*')}$`));
  }
}

/** A domain in an outage, with the id of a held message in `REPLY_ID`. */
async function domainInOutage(): Promise<Record<string, string>> {
  const gone = await startFakePrimary();
  await flow.addDomain('example.org', gone);
  await gone.close();
  const id = await flow.send({ to: ['alice@example.org'] });
  await flow.send({ to: ['bob@example.org'] });
  await flow.untilSeen('example.org', 'an outage', ({ queue, outage }) => queue.heldCount === 2 && outage !== null);
  await flow.untilIdle('example.org');
  return { REPLY_ID: id };
}

describe.skipIf(missing.length > 0).each(GUIDES)('docs/%s', (guide) => {
  const blocks = blocksOf(guide);
  let printed: ReadonlyMap<string, string>;

  beforeAll(async () => {
    flow = await startFlow();
    printed = await follow(blocks, await domainInOutage());
  }, 180_000);
  afterAll(() => flow?.close());

  test('has blocks to try', () => expect(blocks.length).toBeGreaterThan(3));
  for (const block of blocks)
    test(block.name, () => expectShown(block, printed.get(block.name) ?? 'it was not reached'));
});
