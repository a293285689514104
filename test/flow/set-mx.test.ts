/** MX records written into the zone of a real BIND through the whole service, and taken out again. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { domainVerb } from '../../src/clients/cli/domain.ts';
import { type MxChange, updateMx } from '../../src/dns/update.ts';
import { callVerb } from '../clients/cli/call-verb.ts';
import { type Bind, BIND_KEY, startBind, whyNoBind } from '../helpers/bind.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { findFreePort } from '../helpers/free-port.ts';

const ZONE = 'zone.example';
const OURS = 'backup.test.example';
const SECOND = 'second.test.example';
const missing = whyNoBind();
if (missing !== null) console.log(`SKIPPED: ${missing}: set-mx is not tried at a real server`);

interface Answer {
  readonly zone: string | null;
  readonly records: readonly { readonly preference: number; readonly host: string; readonly change: string }[];
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly code: string;
    readonly message: string;
  }[];
}

describe.skipIf(missing !== null)('at BIND', () => {
  let bind: Bind;
  let flow: Flow;
  beforeAll(async () => {
    bind = await startBind(ZONE, [
      '@ MX 10 mx',
      'ns A 127.0.0.1',
      'mx A 127.0.0.9',
      'sub MX 5 mx',
      'alias CNAME mx',
      'none A 127.0.0.8',
      'null MX 0 .',
    ]);
    flow = await startFlow({}, { DNS_SERVERS: bind.address, MX_HOSTNAME: SECOND, MX_NAMES: `${OURS},${SECOND}` });
    for (const name of [ZONE, `sub.${ZONE}`, `alias.${ZONE}`, `none.${ZONE}`, `null.${ZONE}`]) {
      await flow.addDomain(name, undefined, { force: true });
    }
  });
  afterAll(async () => {
    await flow?.close();
    await bind?.stop();
  });

  async function ask(
    mutation: 'domainSetMx' | 'domainUnsetMx',
    changes: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    const dnsServer = { host: '127.0.0.1', port: bind.port };
    const { keyName, secret } = { keyName: BIND_KEY.name, secret: BIND_KEY.secret };
    const input = { name: ZONE, dnsServer, tsig: { keyName, secret }, ...changes };
    const data = await flow.service.graphql<Record<string, Answer>>(
      `mutation ($input: ${mutation === 'domainSetMx' ? 'DomainSetMxInput' : 'DomainUnsetMxInput'}!) { ${mutation}(input: $input) {
        zone records { preference host change } userErrors { path code message } } }`,
      { input },
    );
    const answer = data[mutation];
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }
  /** What somebody else does to the zone. */
  async function byHand(present: readonly MxChange[], removed: readonly MxChange[], added: readonly MxChange[]) {
    const key = { ...BIND_KEY, secret: Buffer.from(BIND_KEY.secret, 'base64') };
    const result = await updateMx(
      { address: '127.0.0.1', port: bind.port },
      { zone: ZONE, name: ZONE, present, added, removed, ttlSeconds: 60 },
      { key, nowSeconds: Math.floor(Date.now() / 1000), timeoutMs: 5000 },
    );
    expect(result).toEqual({ kind: 'DONE' });
  }
  /** What `backup-mx domain …` prints. */
  async function command(...args: readonly string[]): Promise<readonly string[]> {
    const { httpUrl, token } = flow.service;
    const { code, out, err } = await callVerb(httpUrl, domainVerb, args, {
      env: { BACKUP_MX_URL: httpUrl, BACKUP_MX_TOKEN: token },
    });
    expect([code, err]).toEqual([0, []]);
    return out;
  }
  const said = ({ records }: Answer) =>
    records.map(({ change, preference, host }) => `${change} ${preference} ${host}`);
  const complaint = ({ userErrors: [error] }: Answer) => `${error?.path.join('.')} ${error?.code}`;

  test('a dry run changes nothing; a change is made once; what was added is taken out, and no more', async () => {
    const before = await bind.mx(ZONE);
    expect(said(await ask('domainSetMx', { dryRun: true, tsig: null, sandwich: true }))).toEqual([
      `KEEP 10 mx.${ZONE}`,
      `ADD 20 ${OURS}`,
      `ADD 20 ${SECOND}`,
      `ADD 30 mx.${ZONE}`,
    ]);
    expect(await bind.mx(ZONE)).toEqual(before);
    const { zone, userErrors } = await ask('domainSetMx');
    expect([zone, userErrors]).toEqual([ZONE, []]);
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`, `20 ${OURS}`, `20 ${SECOND}`]);
    expect(said(await ask('domainSetMx', { tsig: null }))).toEqual([
      `KEEP 10 mx.${ZONE}`,
      `KEEP 20 ${OURS}`,
      `KEEP 20 ${SECOND}`,
    ]);
    expect(said(await ask('domainSetMx', { preference: 40, sandwich: true }))).toEqual([
      `KEEP 10 mx.${ZONE}`,
      `REMOVE 20 ${OURS}`,
      `REMOVE 20 ${SECOND}`,
      `ADD 40 ${OURS}`,
      `ADD 40 ${SECOND}`,
      `ADD 50 mx.${ZONE}`,
    ]);
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`, `40 ${OURS}`, `40 ${SECOND}`, `50 mx.${ZONE}`]);
    await ask('domainSetMx', { preference: 60 });
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`, `60 ${OURS}`, `60 ${SECOND}`, `70 mx.${ZONE}`]);
    await ask('domainSetMx', { sandwich: false });
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`, `60 ${OURS}`, `60 ${SECOND}`]);
    await ask('domainUnsetMx');
    expect(await bind.mx(ZONE)).toEqual(before);
    expect(said(await ask('domainUnsetMx', { tsig: null }))).toEqual([`KEEP 10 mx.${ZONE}`]);
  });

  test('a name within a zone, by the command, with the secret in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bmx-key-'));
    const file = join(folder, 'secret');
    await writeFile(file, `${BIND_KEY.secret}\n`, { mode: 0o600 });
    const out = await command(
      'set-mx',
      `sub.${ZONE}`,
      '--server',
      bind.address,
      '--key',
      BIND_KEY.name,
      '--secret-file',
      file,
    );
    await rm(folder, { recursive: true });
    expect(out.slice(1)).toEqual([
      expect.stringContaining(`mx.${ZONE}`),
      expect.stringMatching(/^ADD +15 +backup/),
      expect.stringMatching(/^ADD +15 +second/),
    ]);
    expect(await bind.mx(`sub.${ZONE}`)).toEqual([`15 ${OURS}`, `15 ${SECOND}`, `5 mx.${ZONE}`]);
  });

  test('what is wrong is told by its field', async () => {
    const tsig = { keyName: BIND_KEY.name, secret: BIND_KEY.secret };
    const cases: readonly [Readonly<Record<string, unknown>>, string][] = [
      [{ tsig: { ...tsig, keyName: 'unknown' } }, 'tsig.keyName SERVER_REFUSED'],
      [{ tsig: { ...tsig, keyName: 'reader.key.example' } }, 'tsig.keyName SERVER_REFUSED'],
      [{ tsig: { ...tsig, secret: 'd3Jvbmc=' } }, 'tsig.secret SERVER_REFUSED'],
      [{ tsig: { ...tsig, secret: 'no base64!' } }, 'tsig.secret INVALID'],
      [{ tsig: null }, 'tsig REQUIRED'],
      [{ preference: 10 }, 'preference OUT_OF_RANGE'],
      [{ dnsServer: { host: '127.0.0.1', port: 25 } }, 'dnsServer.port OUT_OF_RANGE'],
      [{ dnsServer: { host: '127.0.0.1', port: await findFreePort() } }, 'dnsServer SERVER_SILENT'],
      [{ dnsServer: { host: '0.0.0.0' } }, 'dnsServer.host PRIVATE_ADDRESS'],
      [{ dnsServer: { host: 'a b' } }, 'dnsServer.host NOT_A_HOST'],
      [{ name: `alias.${ZONE}` }, 'name INVALID'],
      [{ name: `none.${ZONE}` }, 'name INVALID'],
      [{ name: `null.${ZONE}` }, 'name INVALID'],
      [{ name: 'stranger.example' }, 'name NOT_FOUND'],
    ];
    for (const [changes, expected] of cases) {
      const answer = await ask('domainSetMx', changes);
      expect([changes, complaint(answer)]).toEqual([changes, expected]);
      expect(JSON.stringify(answer)).not.toContain(BIND_KEY.secret);
    }
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`]);
  });

  test('the service itself is no DNS server, and a dry run that asks one is in the audit log', async () => {
    const httpPort = Number(new URL(flow.service.httpUrl).port);
    for (const port of [flow.service.smtpPort, httpPort]) {
      for (const host of ['127.0.0.1', '::ffff:127.0.0.1', 'mx.zone.example']) {
        const { userErrors } = await ask('domainSetMx', { dnsServer: { host, port }, dryRun: true, tsig: null });
        const isReached = host === 'mx.zone.example';
        expect([host, userErrors[0]?.message.includes('this service itself listens')]).toEqual([host, !isReached]);
      }
    }
    const [entry] = await flow.database.sql`
      select outcome, input -> 'dryRun' as dry from audit_entries where mutation = 'domainSetMx' order by id desc limit 1`;
    expect(entry).toEqual({ outcome: 'REFUSED', dry: true });
  });

  test('a record that was seen to be gone is ours no more, whoever puts it there again', async () => {
    const first = { preference: 10, host: `mx.${ZONE}` };
    const ours = { preference: 20, host: OURS };
    const second = { preference: 20, host: SECOND };
    await ask('domainSetMx');
    await byHand([first, ours, second], [second], []);
    // Another change of ours shows that it is gone.
    await ask('domainSetMx', { preference: 40 });
    await byHand([first, { ...ours, preference: 40 }, { ...second, preference: 40 }], [], [second]);
    await ask('domainUnsetMx');
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`, `20 ${SECOND}`]);
    await byHand([first, second], [second], []);
    // And a look that changes nothing does, a day later.
    await ask('domainSetMx');
    await byHand([first, ours, second], [ours, second], []);
    await flow.database.moveClock('25 hours');
    expect((await ask('domainUnsetMx', { tsig: null })).userErrors).toEqual([]);
    await byHand([first], [], [ours]);
    await ask('domainUnsetMx');
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`, `20 ${OURS}`]);
    await byHand([first, ours], [ours], []);
  });

  test('a script repeats under one key until it is done, and then gets the same answer', async () => {
    const idempotencyKey = 'one deploy';
    const tsig = { keyName: BIND_KEY.name, secret: 'd3Jvbmc=' };
    expect(complaint(await ask('domainSetMx', { idempotencyKey, tsig }))).toBe('tsig.secret SERVER_REFUSED');
    const done = await ask('domainSetMx', { idempotencyKey });
    expect(done.userErrors).toEqual([]);
    await ask('domainUnsetMx');
    expect(await ask('domainSetMx', { idempotencyKey })).toEqual(done);
    expect(await bind.mx(ZONE)).toEqual([`10 mx.${ZONE}`]);
  });

  test('the secret of the key is in no table and not in the log', async () => {
    const key = 'once';
    await ask('domainSetMx', { idempotencyKey: key });
    await ask('domainSetMx', { idempotencyKey: key });
    const { sql } = flow.database;
    const rows = await sql`select input from audit_entries where mutation = 'domainSetMx'`;
    expect(rows.length).toBeGreaterThan(1);
    expect(JSON.stringify(rows)).toContain(BIND_KEY.name);
    const keys = await sql`select * from idempotency_keys`;
    for (const text of [JSON.stringify(rows), JSON.stringify(keys), flow.service.output()]) {
      expect(text).not.toContain(BIND_KEY.secret);
    }
    await ask('domainUnsetMx');
  });

  test('the records are told field by field, and as lines of a zone file', async () => {
    await byHand([{ preference: 10, host: `mx.${ZONE}` }], [], [{ preference: 5, host: OURS }]);
    const cells = (line: string) => line.split(/ +/);
    expect((await command('mx', ZONE)).slice(0, 5).map(cells)).toEqual([
      ['CHANGE', 'NAME', 'TYPE', 'PRIORITY', 'VALUE', 'TTL'],
      ['REMOVE', ZONE, 'MX', '5', OURS, '3600'],
      ['KEEP', ZONE, 'MX', '10', `mx.${ZONE}`, '3600'],
      ['ADD', ZONE, 'MX', '20', OURS, '3600'],
      ['ADD', ZONE, 'MX', '20', SECOND, '3600'],
    ]);
    expect(await command('mx', ZONE, '--zone-file')).toEqual(
      [`10 mx.${ZONE}`, `20 ${OURS}`, `20 ${SECOND}`].map((data) => `${ZONE}. 3600 IN MX ${data}.`),
    );
    await byHand(
      [
        { preference: 10, host: `mx.${ZONE}` },
        { preference: 5, host: OURS },
      ],
      [{ preference: 5, host: OURS }],
      [],
    );
  });

  test('without a server the zone says who is its master, and the records stand there as lines of a zone file', async () => {
    // Its name leads to port 53, where nobody is.
    expect(complaint(await ask('domainSetMx', { dnsServer: null }))).toBe('dnsServer SERVER_SILENT');
    const { domain } = await flow.service.graphql<{ domain: { mx: { zoneFile: string } } }>(
      `{ domain(by: { name: "${ZONE}" }) { mx { zoneFile } } }`,
    );
    expect(domain.mx.zoneFile).toBe(
      [`10 mx.${ZONE}`, `20 ${OURS}`, `20 ${SECOND}`].map((data) => `${ZONE}. 3600 IN MX ${data}.\n`).join(''),
    );
  });
});

test.skipIf(missing !== null)('a private server is not asked unless the operator allows it', async () => {
  const flow = await startFlow({}, { ALLOW_PRIVATE_NEXT_HOPS: 'false' });
  try {
    await flow.addDomain('guarded.example');
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1']) {
      const input = { name: 'guarded.example', dnsServer: { host }, dryRun: true };
      expect(await flow.change('domainSetMx', input)).toEqual(['PRIVATE_ADDRESS']);
    }
  } finally {
    await flow.close();
  }
});
