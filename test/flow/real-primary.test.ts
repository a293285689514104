/**
 * A real Postfix and a real Exim as the primary that goes away, comes back half configured in the ways administrators know,
 * one after the other, and is put right at last: everybody gets through our door all the while, nothing is returned, and every
 * message arrives once.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type Exim, findExim, startExim } from '../helpers/exim.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { isSkipped } from '../interop/mail.ts';
import { countReports, pass, readBreaker, statesOf } from './breaker-scene.ts';

/** How it comes back. NO_MAILBOXES: its list of users is not there yet. */
type Setup = 'RELAY_DENIED' | 'NO_MAILBOXES' | 'PUTS_OFF' | 'RIGHT';

interface RealPrimary {
  readonly port: number;
  /** What it says to RCPT in each set-up. */
  readonly says: { readonly [S in Exclude<Setup, 'RIGHT'>]: RegExp };
  come(setup: Setup): Promise<void>;
  go(): Promise<void>;
  /** Subjects of what has arrived. */
  readSubjects(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

const subjectOf = (content: Buffer): string => /^Subject: (.*)\r$/m.exec(content.toString())?.[1] ?? '';

async function postfixFor(domain: string): Promise<RealPrimary> {
  const postfix = await startPostfix({ mode: { kind: 'SINK', domains: [domain] } });
  const right = {
    virtual_mailbox_domains: domain,
    virtual_mailbox_maps: 'static:all/',
    // Nobody is trusted, as from outside.
    mynetworks: '192.0.2.1',
    smtpd_relay_restrictions: 'reject_unauth_destination',
    smtpd_recipient_restrictions: '',
    // A second of waiting for each refusal proves nothing more.
    smtpd_error_sleep_time: '0',
  };
  const setups: { readonly [S in Setup]: Readonly<Record<string, string>> } = {
    RELAY_DENIED: { ...right, virtual_mailbox_domains: '' },
    NO_MAILBOXES: { ...right, virtual_mailbox_maps: `inline:{ nobody@${domain}=all/ }` },
    PUTS_OFF: { ...right, smtpd_recipient_restrictions: 'defer' },
    RIGHT: right,
  };
  await postfix.stop();
  return {
    port: postfix.port,
    says: {
      RELAY_DENIED: /^554 5\.7\.1 .*Relay access denied/,
      NO_MAILBOXES: /^550 5\.1\.1 .*User unknown in virtual mailbox table/,
      PUTS_OFF: /^450 4\.\d\.\d /,
    },
    come: async (setup) => {
      await postfix.reconfigure(setups[setup]);
      await postfix.start();
    },
    go: postfix.stop,
    readSubjects: async () => (await postfix.readDelivered()).map(subjectOf),
    remove: postfix.remove,
  };
}

async function eximFor(domain: string, folder: string): Promise<RealPrimary> {
  const port = await findFreePort();
  const acls: { readonly [S in Setup]: readonly string[] } = {
    RELAY_DENIED: ['deny message = relay not permitted'],
    NO_MAILBOXES: ['require verify = recipient'],
    PUTS_OFF: ['defer message = system load too high'],
    RIGHT: [],
  };
  let exim: Exim | null = null;
  const subjects: string[] = [];
  const go = async (): Promise<void> => {
    subjects.push(...((await exim?.readDelivered()) ?? []).map(subjectOf));
    await exim?.remove();
    exim = null;
  };
  return {
    port,
    says: { RELAY_DENIED: /^550 relay not permitted/, NO_MAILBOXES: /^550 Unknown user/, PUTS_OFF: /^451 / },
    come: async (setup) => {
      const localParts = setup === 'NO_MAILBOXES' ? { localParts: ['nobody'] } : {};
      exim = await startExim(folder, {
        mode: { kind: 'SINK', domains: [domain] },
        port,
        rcptAcl: acls[setup],
        ...localParts,
      });
    },
    go,
    readSubjects: async () => [...subjects, ...((await exim?.readDelivered()) ?? []).map(subjectOf)],
    remove: go,
  };
}

const exim = await findExim();
const MTAS = [
  ['Postfix', whyNoPostfix(), postfixFor],
  [
    'Exim',
    'reason' in exim ? exim.reason : null,
    (domain: string) => eximFor(domain, 'folder' in exim ? exim.folder : ''),
  ],
] as const;

let flow: Flow;
beforeAll(async () => {
  flow = await startFlow();
});
afterAll(() => flow?.close());

/** Whether a message would be tried now, by its own clock and its destination's. */
async function isAnyDue(domain: string): Promise<boolean> {
  const rows = await flow.database.sql`
    select from messages m join destinations d on d.id = m.destination_id
    where d.name = ${domain} and greatest(m.next_attempt_at, d.next_attempt_at) <= bmx_now() limit 1`;
  return rows.length > 0;
}

describe.each(MTAS)('%s', (name, reason, startPrimary) => {
  test.skipIf(isSkipped(`${name} as the primary that comes back`, reason))(
    'away, half configured in three ways, right at last: nothing is returned, all arrives once',
    async () => {
      const domain = `${name.toLowerCase()}.example`;
      const primary = await startPrimary(domain);
      const sent: string[] = [];
      const send = async (localPart: string): Promise<void> => {
        const content = `From: <sender@sender.example>\r\nSubject: ${localPart}\r\n\r\nHello.\r\n`;
        sent.push(localPart);
        await flow.send({ to: [`${localPart}@${domain}`], content });
      };
      const replies = async (): Promise<readonly string[]> => {
        const rows = await flow.database.sql<{ reply: string }[]>`
          select a.reply from attempts a join destinations d on d.id = a.destination_id where d.name = ${domain} order by a.id`;
        return rows.map(({ reply }) => reply);
      };
      try {
        await primary.come('RIGHT');
        await flow.addDomain(domain, { host: '127.0.0.1', port: primary.port }, { hasCallAheads: true });
        await send('before');
        await until('the first message arrives', PATIENCE_MS, async () => (await primary.readSubjects()).length === 1);
        await primary.go();
        // Beside a session of the last minute it would be no outage.
        await pass(flow, '2 minutes');
        for (let n = 0; n < 5; n += 1) await send(`away${n}`);
        await flow.untilSeen(domain, 'an outage', ({ outage }) => outage?.kind === 'DOWN');
        await flow.untilIdle(domain);

        for (const setup of ['RELAY_DENIED', 'NO_MAILBOXES', 'PUTS_OFF'] as const) {
          await primary.come(setup);
          const before = (await replies()).length;
          await pass(flow, '61 minutes');
          await until(`${setup} is met`, PATIENCE_MS, async () =>
            (await replies()).slice(before).some((reply) => primary.says[setup].test(reply)),
          );
          // Whatever the primary says of mailboxes now, nobody is turned away for it.
          await send(setup.toLowerCase());
          await until('nothing more is due', PATIENCE_MS, async () => !(await isAnyDue(domain)));
          await flow.untilIdle(domain);
          const seen = await flow.see(domain);
          expect([setup, seen.queue.heldCount]).toEqual([setup, sent.length - 1]);
          expect(statesOf(await flow.messages(domain)).filter((state) => !state.endsWith(': HELD'))).toEqual([
            'before: DELIVERED',
          ]);
          await primary.go();
        }

        await primary.come('RIGHT');
        await pass(flow, '61 minutes');
        await flow.untilSeen(domain, 'nothing held', ({ queue, outage }) => queue.heldCount === 0 && outage === null);
        expect((await primary.readSubjects()).toSorted()).toEqual(sent.toSorted());
        expect(statesOf(await flow.messages(domain))).toEqual(sent.map((to) => `${to}: DELIVERED`).toSorted());
        expect((await readBreaker(flow.service, domain)).state).not.toBe('OPEN');
        expect(await countReports(flow)).toBe(0);
      } finally {
        await primary.remove();
      }
    },
    90_000,
  );
});
