/** Each rule of the house can fail: it is fed a file that breaks it, and one that only looks so. */
import { describe, expect, test } from 'bun:test';
import { decisionsInApp } from './app-rules.ts';
import { circles } from './circle-rules.ts';
import { deadNames } from './comment-rules.ts';
import {
  doorsToNothing,
  forbiddenImports,
  malformedImports,
  roomOf,
  tableMismatches,
  unusedRights,
  wrongDoors,
} from './import-rules.ts';
import { looseReferences, missingPlaces, rfcMismatches, rfcRows } from './rfc-rules.ts';
import { badNames, barrels, defaultExports, missingHeaders, oversized, runtimeGlobals } from './shape-rules.ts';
import { type SourceFile, sourceFile } from './source-file.ts';
import { otherWriters } from './writer-rules.ts';

const HEADER = '/**\n * Keeps the made-up promises of a test.\n */\n';

function file(path: string, text = ''): SourceFile {
  return sourceFile(path, HEADER + text);
}

function imports(path: string, ...specifiers: string[]): SourceFile[] {
  return [file(path, specifiers.map((specifier) => `import { x } from '${specifier}';`).join('\n'))];
}

describe('the scanner', () => {
  test('finds imports in every form and no others', () => {
    const text = [
      "import a from 'a1';",
      'import type {\n  B,\n  C,\n} from "a2";',
      "export * from '../mail/reply.ts';",
      "export { type D } from 'a4';",
      "import 'a5';",
      "const e = await import('a6');",
      "const f = require('a7/deep');",
      "// import g from 'no1';",
      "/*\nimport h from 'no2';\n*/",
      "export const from = 'no3';",
      'import.meta.url;',
    ].join('\n');
    expect(
      sourceFile('src/queue/x.ts', text)
        .imports.map(({ target }) => target)
        .sort(),
    ).toEqual(['a1', 'a2', 'a4', 'a5', 'a6', 'a7/deep', 'src/mail/reply.ts']);
  });

  test.each([
    ['"a // b" + c', '+ c'],
    ["'it\\'s' + c // d", '+ c'],
    ['`a ${b + `c ${d} e`} f` + g', 'b + d + g'],
    ['x = /["/]/.test(y) / 2', 'x = .test(y) / 2'],
    ['return /a`b/', 'return'],
    ['a / b / c // d', 'a / b / c'],
    ['{ `${{ a: 1 }.a}` }', '{ { a: 1 }.a }'],
  ])('blanks strings and comments of %p', (text, code) => {
    const scanned = sourceFile('src/x.ts', text).code;
    expect(scanned.replace(/\s+/g, ' ').trim()).toBe(code);
    expect(scanned).toHaveLength(text.length);
  });
});

describe('the composition', () => {
  test.each([
    ['const rows = await sql`select 1`;', 'SQL'],
    ['await database.queueSql<{ id: string }[]>`delete from messages`;', 'SQL'],
    ['await sql.begin(async (transaction) => work(transaction));', 'SQL'],
    ['if (error) return answer(451);', 'reply code'],
    ["reply(client, '5.7.1 no');", 'reply code'],
    ["refuse('BMX-USER');", 'reply code'],
    ['if (result.reply.code >= 500) give();', 'reply code'],
    ["if (row.state === 'HELD') keep(row);", 'state of mail'],
    ["switch (outcome.kind) {\n  case 'DELIVERED':\n    note();\n}", 'state of mail'],
    ['for (const { address } of recipients) note(address);', 'loop over mail'],
    ['for (const one of await findDue(domains)) poke(one);', 'loop over mail'],
    ['const names = message.recipients.map(({ address }) => address);', 'loop over mail'],
  ])('may not hold %p', (text, what) => {
    expect(decisionsInApp([file('src/app/x.ts', text)])).toEqual([expect.stringContaining(what)]);
    expect(decisionsInApp([file('src/queue/x.ts', text)])).toEqual([]);
  });

  test.each([
    '// A `sql` comment about 550 and recipients.map(x)\nconst sql = database.sql;',
    "timers.every(250_000, 'counts', () => foldDeltas(database.queueSql));",
    'for (const stop of stops.splice(0)) await stop();',
    "if (readiness === 'FULL') reasons.push('Free space is below MIN_FREE_BYTES.');",
    "log.warning({ where: 'settings', message: 'larger ones are deferred with 452' });",
    "events.breakerMoved(name, { to: 'CLOSED' });",
    'const { recipients, messages } = createAll({ sql, recipients: lists });',
  ])('may hold %p', (text) => {
    expect(decisionsInApp([file('src/app/x.ts', text)])).toEqual([]);
  });
});

describe('rooms', () => {
  test('are drawn with what they may import, those that are there', () => {
    const files = [file('src/db/x.ts'), file('src/cluster/x.ts')];
    const drawing = (cluster: string, more = '') =>
      `| room | may import |\n|---|---|\n| db | mail |\n| cluster | ${cluster} |\n${more}`;
    expect(tableMismatches(drawing('db, mail'), files)).toEqual([]);
    expect(tableMismatches(drawing('mail'), files)).toEqual(['cluster is drawn with , and may import db']);
    expect(tableMismatches(drawing('db, dns'), files)).toHaveLength(1);
    expect(tableMismatches(drawing('db', '| notify | – |\n'), files)).toEqual(['notify is drawn and not there']);
    expect(tableMismatches('', files)).toHaveLength(2);
  });

  test('are folders, or the names of files at the top', () => {
    expect(['src/db/a/b.ts', 'src/clients/cli/a.ts', 'src/main.ts', 'test/x.ts'].map(roomOf)).toEqual([
      'db',
      'clients/cli',
      'main',
      null,
    ]);
  });

  test.each([
    ['src/queue/a.ts', '../policy/b.ts'],
    ['src/mail/a.ts', '../db/b.ts'],
    ['src/dns/a.ts', '../db/b.ts'],
    ['src/policy/a.ts', '../queue/b.ts'],
    ['src/inbound/a.ts', '../delivery/b.ts'],
    ['src/control/a.ts', '../dns/b.ts'],
    ['src/control/resolvers/a.ts', '../../inbound/b.ts'],
    ['src/queue/a.ts', '../config/config.ts'],
    ['src/config/config.ts', '../dns/b.ts'],
    ['src/db/a.ts', '../main.ts'],
    ['src/clients/cli/a.ts', '../../queue/b.ts'],
    ['src/clients/cli/a.ts', '../../control/server.ts'],
    ['src/attic/a.ts', './b.ts'],
    ['src/queue/a.ts', '../../test/b.ts'],
  ])('%s may not import %s', (path, specifier) => {
    expect(forbiddenImports(imports(path, specifier))).toHaveLength(1);
  });

  test.each([
    ['src/queue/a.ts', ['./b.ts', '../outage/b.ts', '../mail/b.ts', '../clock.ts', '../telemetry/log.ts', 'node:net']],
    ['src/main.ts', ['./config/config.ts', './control/server.ts', './db/client.ts']],
    ['src/app/node.ts', ['../config/config.ts', '../inbound/inbound.ts']],
    ['src/config/config.ts', ['./values.ts', '../telemetry/log.ts']],
    ['src/clients/cli/a.ts', ['../api/a.ts', '../../control/generated.ts']],
  ])('%s may import %p', (path, specifiers) => {
    expect(forbiddenImports(imports(path, ...specifiers))).toEqual([]);
  });

  test.each(['../mail/reply', '../mail/reply.js', '../../package.json', '../../test/x.ts'])(
    '%s is no file of src',
    (specifier) => {
      expect(malformedImports(imports('src/queue/a.ts', specifier))).toHaveLength(1);
      expect(malformedImports(imports('src/queue/a.ts', '../mail/reply.ts', 'postgres', 'node:net'))).toEqual([]);
    },
  );
});

test('a circle of imports is found once, also where only types go round', () => {
  const ring = [
    file('src/smtp/a.ts', "import type { B } from './b.ts';"),
    file('src/smtp/b.ts', "import { c } from './c.ts';\nimport { d } from './d.ts';"),
    file('src/smtp/c.ts', "export { a } from './a.ts';"),
    file('src/smtp/d.ts'),
  ];
  expect(circles(ring)).toEqual(['src/smtp/a.ts → src/smtp/b.ts → src/smtp/c.ts → src/smtp/a.ts']);
  expect(circles(ring.slice(1))).toEqual([]);
});

test('a right that nothing uses is found', () => {
  const all = unusedRights([]);
  expect(all).toContain('smtp may import tls, and does not');
  expect(unusedRights(imports('src/smtp/a.ts', '../tls/b.ts'))).toHaveLength(all.length - 1);
});

describe('doors', () => {
  test.each([
    ['src/inbound/session.ts', 'smtp-server'],
    ['src/inbound/session.ts', 'smtp-server/lib/smtp-connection.js'],
    ['src/mail/reply.ts', 'nodemailer'],
    ['src/queue/accept/spool.ts', 'pg-boss'],
    ['src/queue/accept/spool.ts', 'postgres'],
    ['src/db/client.ts', 'pg'],
    ['src/policy/dnsbl/dnsbl.ts', 'dns-packet'],
    ['src/control/admission/auth.ts', 'hono/cors'],
    ['src/control/admission/auth.ts', '@hono/node-server/serve-static'],
    ['src/queue/accept/spool.ts', 'left-pad'],
    ['src/dns/resolver.ts', 'node:dns/promises'],
    ['src/queue/accept/spool.ts', 'node:process'],
    ['src/smtp/client.ts', 'node:child_process'],
  ])('%s may not import %s', (path, dependency) => {
    expect(wrongDoors(imports(path, dependency))).toHaveLength(1);
  });

  test.each([
    ['src/inbound/smtp-server/server.ts', 'smtp-server/lib/smtp-connection.js'],
    ['src/cluster/jobs.ts', 'pg-boss'],
    ['src/db/accept-writer.ts', 'pg'],
    ['src/main.ts', 'node:process'],
    ['src/embedded-postgres/launch.ts', 'node:child_process'],
    ['src/queue/accept/spool.ts', 'node:crypto'],
  ])('%s may import %s', (path, dependency) => {
    expect(wrongDoors(imports(path, dependency))).toEqual([]);
  });

  test('lead to dependencies of package.json', () => {
    expect(doorsToNothing([])).toContain('postgres has a door but is no dependency');
  });
});

describe('shapes', () => {
  test('a header is a comment with a sentence, at the very top', () => {
    const bare = [
      sourceFile('src/a.ts', 'export const a = 1;'),
      sourceFile('src/b.ts', '/** b */\nexport const b = 1;'),
      sourceFile('src/c.ts', `import 'x';\n${HEADER}`),
      sourceFile('src/d.ts', `// Says enough, but not in the form of a header.\n`),
    ];
    expect(missingHeaders(bare)).toHaveLength(4);
    expect(missingHeaders([file('src/e.ts'), sourceFile('bin/f.mjs', `#!/usr/bin/env node\n${HEADER}`)])).toEqual([]);
  });

  test('sizes: one file, the median, the 90th percentile', () => {
    const of = (...lines: number[]): string[] =>
      oversized(lines.map((count, index) => sourceFile(`src/f${index}.ts`, 'x\n'.repeat(count))));
    expect(of(501, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)).toHaveLength(1);
    expect(of(150, 150, 150)).toEqual(['median 150 lines, not below 150']);
    expect(of(1, 1, 1, 1, 1, 1, 1, 1, 300, 300)).toEqual(['90th percentile 300 lines, not below 300']);
    expect(of(500, 149, 149, 149, 149, 149, 149, 149, 149, 149, 299)).toEqual([]);
  });

  test('names', () => {
    const bad = [
      'src/db/utils.ts',
      'src/dns/dns-helper.ts',
      'src/queue/manager.ts',
      'src/common/a.ts',
      'src/db/user-service.ts',
      'src/db/userName.ts',
      'src/db/index.ts',
      'test/helpers/utils.ts',
      'src/mail-service.ts',
      'src/Mail.ts',
    ];
    expect(badNames(bad.map((path) => file(path)))).toHaveLength(bad.length);
    expect(
      badNames(
        [
          'test/helpers/fake-dns.ts',
          'test/helpers/service.ts',
          'src/control/commonness.ts',
          'test/mail/address.test.ts',
          'src/control/resolvers/domain-create.ts',
        ].map((path) => file(path)),
      ),
    ).toEqual([]);
  });

  test('default exports', () => {
    const bad = ['export default 1;', 'export default function a() {}', 'export { a as default };'];
    expect(defaultExports(bad.map((text) => file('src/a.ts', text)))).toHaveLength(3);
    expect(
      defaultExports([
        file(
          'src/a.ts',
          "// export default x\nexport const text = `\nexport default 1`;\nimport { default as b } from 'b';",
        ),
      ]),
    ).toEqual([]);
  });

  test('barrels', () => {
    expect(barrels([file('src/a.ts', "export * from './b.ts';\nexport { c } from './c.ts';\n")])).toHaveLength(1);
    expect(
      barrels([
        file('src/a.ts', "export { c } from './c.ts';\nexport const d = 1;\n"),
        file('src/main.ts', "import './c.ts';\n"),
      ]),
    ).toEqual([]);
  });

  test('runtime globals', () => {
    const bad = [
      'process.env',
      "process['exit']",
      'process?.pid',
      'Bun.serve',
      'Deno.env',
      'globalThis.process',
      'import.meta.env',
      '`${process.pid}`',
    ];
    expect(runtimeGlobals(bad.map((text) => file('src/queue/a.ts', `const a = ${text};`)))).toHaveLength(bad.length);
    const fine = [
      "'process.env'",
      '// process.env',
      'options.process.env',
      'subprocess.kill',
      'Buffer.alloc(1)',
      '/Bun./',
      '(process) => process',
    ];
    expect(runtimeGlobals(fine.map((text) => file('src/queue/a.ts', `const a = ${text}`)))).toEqual([]);
    const allowed = [
      'src/main.ts',
      'src/config/config.ts',
      'src/config/machine.ts',
      'src/embedded-postgres/embedded.ts',
      'src/embedded-postgres/host.ts',
      'src/app/command.ts',
    ];
    expect(runtimeGlobals(allowed.map((path) => file(path, 'process.exit(1)')))).toEqual([]);
    expect(
      runtimeGlobals(
        ['src/db/client.ts', 'src/clients/cli/domain.ts', 'src/db/main.ts'].map((path) =>
          file(path, 'process.exit(1)'),
        ),
      ),
    ).toHaveLength(3);
  });
});

describe('RFC references', () => {
  const rows = rfcRows(
    '# t\n\n| RFC | title | status | where | deviations |\n|---|---|---|---|---|\n| 5321 | SMTP | partial | inbound | some |\n| 821 | old | no | | |\n',
  );

  test('the table is read', () => {
    expect(rows).toEqual([
      { number: '5321', status: 'partial', cells: ['SMTP', 'inbound', 'some'] },
      { number: '821', status: 'no', cells: ['old', '', ''] },
    ]);
    expect(rfcMismatches([file('src/a.ts', '// RFC 5321 §4.1')], rows)).toEqual([]);
  });

  test.each([
    ['cited but not listed', '// RFC 5321, RFC 1870', rows],
    ['listed but not cited', '', rows],
    ['no such status', '// RFC 5321', [{ number: '5321', status: 'mostly', cells: ['a', 'b', 'c'] }]],
    ['listed twice', '// RFC 5321', [...rows, { number: '821', status: 'no', cells: ['old', '', ''] }]],
    ['a short row', '// RFC 5321', [{ number: '5321', status: 'yes', cells: ['SMTP'] }]],
  ])('%s', (_what, text, table) => {
    expect(rfcMismatches([file('src/a.ts', text)], table)).toHaveLength(1);
  });

  test('places that are there', () => {
    const at = (where: string) => missingPlaces([{ number: '5321', status: 'yes', cells: ['SMTP', where, ''] }], files);
    const files = [file('src/mail/reply.ts'), file('src/inbound/session.ts')];
    expect([...at('mail/reply.ts, inbound'), ...at('')]).toEqual([]);
    expect(at('net, inbound, mail/gone.ts, reply.ts')).toHaveLength(3);
  });

  test('one form', () => {
    const bad = ['RFC5321', 'rfc 5321', 'RFC-5321', 'RFC 5321 section 4', 'RFC 5321 § 4'];
    expect(bad.map((text) => looseReferences([file('src/a.ts', `// ${text}`)]).length)).toEqual(bad.map(() => 1));
    expect(looseReferences([file('src/a.ts', "// RFC 5321 §4.1.1.3, RFC 3464, 'rfc822;a@b', message/rfc822")])).toEqual(
      [],
    );
  });
});

describe('files in comments', () => {
  const there = ['src/queue/claim.ts', 'src/x.ts', 'bin/test.mjs', 'test/queue/probe.test.ts'];

  test.each([
    'claim.ts',
    'queue/claim.ts',
    './claim.ts',
    '../queue/claim.ts',
    'bin/test.mjs',
    'probe.test.ts',
    '*.ts',
    'a.tsx',
  ])('%s is there, or is no name', (name) =>
    expect(deadNames([file('src/x.ts', `/* See ${name}. */\n// (${name})`)], there)).toEqual([]),
  );
  test.each(['gone.ts', 'policy/claim.ts', 'laim.ts', 'probe.ts', 'bin/gone.mjs'])('%s is not', (name) => {
    expect(deadNames([file('src/x.ts', `/** ${name}'s work */`)], there)).toHaveLength(1);
    expect(deadNames([file('src/x.ts', `const name = '${name}'; import '${name}';`)], there)).toEqual([]);
  });
});

describe('writers', () => {
  test.each([
    ['src/queue/x.ts', 'sql`with told as (insert into events (id) select 1)`'],
    ['src/outage/clock.ts', 'sql`\n  INSERT INTO\n    outages (id)`'],
    ['src/outage/x.ts', 'sql`update outages o set class = 1`'],
    ['src/outage/x.ts', 'sql`update only public."outages" set class = 1`'],
    ['src/doctor/x.ts', 'sql`insert into event_outbox (event_id) select id from told`'],
    ['src/notify/x.ts', 'db.insert(events).values({})'],
    ['src/notify/x.ts', 'db.update(schema.outages).set({})'],
    ['drizzle/0031_more.sql', 'update outages set class = null;'],
  ])('%s writes what is not its own: %s', (path, text) => {
    expect(otherWriters([file(path, text)])).toHaveLength(1);
  });

  test('may read what is not theirs, and write what is', () => {
    expect(
      otherWriters([
        file('src/events/record.ts', 'sql`insert into events (id) select 1`'),
        file('src/outage/lifecycle.ts', 'sql`update outages o set class = 1`'),
        file('src/notify/outbox.ts', 'sql`delete from event_outbox`'),
        file('src/queue/x.ts', 'sql`select id from events e join outages o on true for update of o`'),
        file('src/queue/x.ts', 'sql`insert into events_log (id) select 1; update outages_seen set id = 2`'),
        file('drizzle/0029_marks.sql', 'insert into events (id) select 1;'),
      ]),
    ).toEqual([]);
  });
});
