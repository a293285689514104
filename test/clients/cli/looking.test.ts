/** Verbs that look: status, service, why, rejections, audit; and files of mailboxes as other programs write them. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { auditVerb } from '../../../src/clients/cli/audit.ts';
import { consoleVerb } from '../../../src/clients/cli/console.ts';
import { domainVerb } from '../../../src/clients/cli/domain.ts';
import { readMailboxes } from '../../../src/clients/cli/mailbox-file.ts';
import { rejectionsVerb } from '../../../src/clients/cli/rejections.ts';
import { serviceVerb } from '../../../src/clients/cli/limits.ts';
import { statusVerb } from '../../../src/clients/cli/status.ts';
import { whyVerb } from '../../../src/clients/cli/why.ts';
import { createRejections } from '../../../src/events/rejections.ts';
import { newId } from '../../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../../src/mail/viewer.ts';
import { addDomain, type Harness, holdMessage, startControl } from '../../control/harness.ts';
import { callVerb } from './call-verb.ts';

let control: Harness;
let messageId = '';
const rejectionId = newId();

beforeAll(async () => {
  control = await startControl();
  const destinationId = await addDomain(control, 'why.example');
  messageId = await holdMessage(control.database, { destinationId, addresses: ['held@why.example'] });
  const rejections = createRejections({
    sql: control.database.sql,
    monotonicMs: () => 0,
    clientNetwork: (address) => address,
    hasRoom: () => true,
    onUnrecorded: () => undefined,
    onTrouble: (message) => {
      throw new Error(message);
    },
  });
  rejections.record({
    id: rejectionId,
    tenantId: OPERATOR_TENANT_ID,
    destinationId,
    clientAddress: '192.0.2.9',
    ehloName: 'client.example',
    command: 'RCPT',
    reversePath: 'sender@elsewhere.example',
    forwardPath: 'ghost@why.example',
    rejection: 'BMX-USER',
    reply: '550 5.1.1 no such mailbox',
    zone: null,
    isDryRun: false,
  });
  await rejections.close();
  await callVerb(control.url, domainVerb, ['set', 'why.example', '--call-aheads', 'no', '--dnsbl-threshold', '3']);
});
afterAll(() => control.close());

async function look(verb: Parameters<typeof callVerb>[1], ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await callVerb(control.url, verb, args);
  expect([code, err]).toEqual([0, []]);
  return out.join('\n');
}

test('status and service', async () => {
  const status = await look(statusVerb);
  expect(status).toContain('you        operator');
  expect(status).toContain('outages    none');
  expect(await look(serviceVerb)).toContain('MX names         backup.test.example, mx2.test.example');
  for (const verb of [statusVerb, serviceVerb])
    expect(JSON.parse(await look(verb, '--json'))).toEqual(expect.any(Object));
});

test('why: an id, a reply line, a rejection, an address, a Message-ID that is not known', async () => {
  expect(await look(whyVerb, messageId)).toContain('held@why.example HELD');
  expect(await look(whyVerb, '250', '2.6.0', 'accepted', 'as', messageId)).toContain('ACCEPTED');
  expect(await look(whyVerb, `550 5.1.1 no such mailbox (${rejectionId})`)).toContain('BMX-USER');
  const address = await look(whyVerb, 'ghost@why.example');
  expect(address).toContain('in the User List  the list is off');
  expect(address).toContain('550 5.1.1 no such mailbox');
  expect(await callVerb(control.url, whyVerb, ['<unknown@why.example>'])).toMatchObject({
    code: 1,
    err: [expect.stringContaining('nothing is known of "<unknown@why.example>"')],
  });
});

test('rejections and audit are lists without a further word', async () => {
  expect(await look(rejectionsVerb, '--since', '1h', '--recipient', 'ghost@why.example')).toMatch(
    /AT +CODE +CLIENT +FROM +TO +REPLY\n(?:now|\d+ s ago) +BMX-USER +192\.0\.2\.9 +sender@elsewhere\.example/,
  );
  expect(await look(rejectionsVerb, 'list', '--code', 'bmx-user')).toContain('BMX-USER');
  expect(await look(rejectionsVerb, 'list', '--code', 'BMX-RANK')).not.toContain('BMX-USER');
  const audit = await look(auditVerb, '--subject', 'why.example', '--mutation', 'domainUpdate');
  expect(audit).toMatch(/domainUpdate +why\.example +DONE +operator/);
  expect(JSON.parse(await look(auditVerb, '--outcome', 'refused', '--json'))).toEqual([]);
});

test('domain set has every setting, and default restores one', async () => {
  const settings = ['--dnsbl', 'zen.example,mode=reject,weight=3,code=127.0.0.2', '--unknown-while-down', 'defer'];
  await look(domainVerb, 'set', 'why.example', ...settings, '--recipient-delimiter', '+', '--delay-reports', 'yes');
  const shown = JSON.parse(await look(domainVerb, 'show', 'why.example', '--json')) as Record<string, unknown>;
  expect(shown).toMatchObject({
    hasCallAheads: false,
    dnsblThreshold: 3,
    dnsblZones: [{ zone: 'zen.example', mode: 'REJECT', weight: 3 }],
    unknownWhileDown: { policy: 'DEFER' },
    recipientDelimiter: '+',
    hasDelayReports: true,
  });
  await look(domainVerb, 'set', 'why.example', '--dnsbl', 'default', '--call-aheads', 'default');
  expect(JSON.parse(await look(domainVerb, 'show', 'why.example', '--json'))).toMatchObject({
    hasCallAheads: true,
    dnsblZones: [],
  });
});

test.each([
  ['alice\n# staff\nBob@list.example\n', ['alice', 'Bob'], 0],
  ['alice@list.example OK\n  continued\n@other.example x\n"john doe"@list.example y\n', ['alice', '"john doe"'], 1],
  ['name;e-mail\n"Doe; J";alice@list.example\nX;bob@other.example\n', ['alice'], 1],
  [
    'dn: cn=a\nmail: alice@list.exa\n mple\nproxyAddresses: smtp:bob@list.example\nmail:: Y2Fyb2xAbGlzdC5leGFtcGxl\ncn: x\n',
    ['alice', 'bob', 'carol'],
    0,
  ],
])('a file of mailboxes is read by its content: %p', (content, localParts, foreignCount) => {
  const read = readMailboxes(content, { file: 'users', domain: 'list.example', format: undefined });
  expect([read.entries.map(({ localPart }) => localPart), read.foreignCount]).toEqual([localParts, foreignCount]);
});

test('a name that cannot be a mailbox is refused with its file and line', () => {
  const read = () =>
    readMailboxes('alice\nJohn Doe\nbob,carol\nx@other.example\n', {
      file: 'users.txt',
      domain: 'list.example',
      format: undefined,
    });
  expect(read).toThrow(/^users\.txt:2: "John Doe" has a space/);
  expect(read).toThrow(/users\.txt:3: "bob,carol" has a ","/);
  expect(read).toThrow(/users\.txt:4: "x@other\.example" is not an address of list\.example/);
});

test('console: prints a link, or opens it in a browser; its sessions are listed and ended', async () => {
  const printed = await look(consoleVerb, '--domain', 'why.example');
  expect(printed).toMatch(
    /^Open this within two minutes; it opens once: https:.*\/console\/enter\?next=%2Fconsole%2Fd%2Fwhy\.example#[\w-]{43}$/,
  );
  const opened: string[] = [];
  const openBrowser = async (url: string): Promise<boolean> => opened.push(url) > 0;
  const open = (...args: string[]) => callVerb(control.url, consoleVerb, args, { isScreen: true, openBrowser });
  expect((await open('--read-only')).out.join('')).toStartWith('The console opens in your browser.');
  expect(opened).toHaveLength(1);
  expect((await open('open', '--print')).out.join('')).toStartWith('Open this within two minutes');
  expect(opened).toHaveLength(1);

  const code = new URL(opened[0] ?? '').hash.slice(1);
  const headers = { 'Sec-Fetch-Site': 'same-origin' };
  const body = new URLSearchParams({ code });
  await fetch(`${control.url}/console/enter`, { method: 'POST', redirect: 'manual', headers, body });
  const { out } = await callVerb(control.url, consoleVerb, ['sessions', '--json']);
  const [session, ...more] = JSON.parse(out.join('\n')) as { id: string; clientAddress: string }[];
  expect([session?.clientAddress, more]).toEqual(['127.0.0.1', []]);
  expect(await look(consoleVerb, 'sessions')).toContain('127.0.0.1');
  expect(await look(consoleVerb, 'end', session?.id ?? '')).toBe('the session has ended');
  const again = await callVerb(control.url, consoleVerb, ['end', session?.id ?? '']);
  expect([again.code, again.err.join(' ')]).toEqual([1, expect.stringContaining('NOT_FOUND')]);
});
