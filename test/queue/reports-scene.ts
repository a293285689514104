/** Messages whose reports fall due, settled and made on a real database. */
import { afterAll, afterEach, beforeAll, expect } from 'bun:test';
import { Buffer } from 'node:buffer';
import type { Notify } from '../../src/mail/envelope.ts';
import { newId } from '../../src/mail/id.ts';
import type { Outcome } from '../../src/mail/outcome.ts';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { findSuppressions } from '../../src/queue/read/attempts.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import type { DueReport } from '../../src/queue/reports/due-rows.ts';
import { makeDueReports, type ReportDeps, type SenderCheck } from '../../src/queue/reports/reports.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { THROWING_EVENTS } from '../helpers/no-events.ts';

export const DELIVERED: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
export const DEFERRED: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.2.0', text: 'later' } };
export const FAILED: Outcome = { kind: 'FAILED', reply: { code: 552, enhancedCode: '5.3.4', text: '[too big]' } };

export interface Accepted {
  readonly id: string;
  readonly destinationId: string;
}

export interface Given {
  readonly notify?: readonly (readonly Notify[])[];
  readonly from?: string | null;
  readonly ret?: 'FULL' | 'HDRS';
  readonly domain?: string;
  readonly clientAddress?: string;
}

export interface Hearing {
  readonly composed: DueReport[];
  readonly messages: (string | null)[];
  readonly suppressed: string[];
  readonly made: string[];
}

/** Opens a database for the tests of a file. */
export function reportScene() {
  const holder = { node: 1, epoch: 1 };
  let db: TestDatabase;
  let spool: Spool;
  let count = 0;

  beforeAll(async () => {
    db = await createTestDatabase();
    spool = openSpool(db.target);
  });
  afterEach(async () => {
    await db.sql`delete from reports_due`;
  });
  afterAll(async () => {
    await spool?.close();
    await db?.close();
  });

  /** One message to as many recipients as there are NOTIFY values. */
  async function accept({
    notify = [[]],
    from = 'sender@example.net',
    ret,
    domain,
    clientAddress,
  }: Given = {}): Promise<Accepted> {
    count += 1;
    const name = domain ?? `d${count}.example`;
    const [known] = await db.sql<{ id: string }[]>`select id from destinations where name = ${name}`;
    const destinationId = known?.id ?? (await makeDestination(db.sql, name));
    const to = notify.map((_, number) => ({ address: `u${number}@${name}`, destinationId }));
    const made = makeTransaction({ to, from });
    await spool.accept({
      ...made,
      envelope: {
        ...made.envelope,
        ret: ret ?? null,
        client: { ...made.envelope.client, ...(clientAddress === undefined ? {} : { address: clientAddress }) },
      },
      recipients: made.recipients.map((recipient, number) => ({ ...recipient, notify: notify[number] ?? [] })),
    });
    return { id: made.id, destinationId };
  }

  async function settle(message: Accepted, outcomes: readonly (Outcome | null)[], offersDsn?: boolean): Promise<void> {
    await claim(message);
    await record(message, outcomes, offersDsn);
  }

  async function claim({ id, destinationId }: Accepted): Promise<void> {
    await db.sql`update messages set next_attempt_at = bmx_now() where id = ${id}`;
    await claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 100, flushNumber: null });
  }

  async function record(
    { id, destinationId }: Accepted,
    outcomes: readonly (Outcome | null)[],
    offersDsn?: boolean,
  ): Promise<void> {
    const given = outcomes.flatMap((outcome, number) => (outcome === null ? [] : [{ number, outcome }]));
    await recordOutcomes(db.sql, {
      destinationId,
      holder,
      routeGeneration: 1,
      messageResults: [
        {
          messageId: id,
          outcomes: new Map(given.map(({ number, outcome }) => [number, outcome])),
          records: given.map(({ number, outcome }) => ({
            host: 'mx.test',
            address: '127.0.0.1:25',
            tls: null,
            ...(offersDsn === undefined ? {} : { offersDsn }),
            reply: outcome.kind === 'FAILED' ? '[too big]' : `${outcome.reply.code} ${outcome.reply.text}`,
            outcome: outcome.kind,
            recipientNumbers: [number],
            isHostLevel: false,
            latencyMs: 1,
          })),
          isHostLevel: false,
        },
      ],
    });
  }

  /** Makes all that is due; what was composed and decided. */
  async function make(
    check: SenderCheck = { kind: 'PASS' },
    more: Partial<ReportDeps> = {},
    { fault } = THROWING_EVENTS,
  ): Promise<Hearing> {
    const heard: Hearing = { composed: [], messages: [], suppressed: [], made: [] };
    await makeDueReports({
      sql: db.sql,
      checkSender: async () => check,
      compose: (report, { message }) => {
        heard.composed.push(report);
        heard.messages.push(message === null ? null : Buffer.from(message).toString());
        return { id: newId(), content: Buffer.from('x'), smtpUtf8: false, body: null, domain: 'example.net' };
      },
      ehloName: 'mx.backup.example',
      events: {
        fault,
        reportMade: ({ reportId }) => void heard.made.push(reportId),
        reportSuppressed: ({ code }) => void heard.suppressed.push(code),
      },
      ...more,
    });
    return heard;
  }

  async function hasContent(id: string): Promise<boolean> {
    return (await db.sql`select from contents where message_id = ${id}`).length === 1;
  }

  const reasonOf = async ({ id, destinationId }: Accepted, recipientNumber = 0): Promise<string | null> => {
    const [row] = await db.sql<{ ended_at: string }[]>`
      select coalesce((select ended_at from recipients where message_id = ${id} and number = ${recipientNumber}),
        (select ended_at from history where id = ${id}))::text as ended_at`;
    const question = { messageId: id, destinationId, recipientNumber, endedAt: row?.ended_at ?? '' };
    const [reason] = await findSuppressions(db.sql, OPERATOR_VIEWER, [question]);
    const stranger = { isOperator: false, tenantId: newId() } as typeof OPERATOR_VIEWER;
    expect(await findSuppressions(db.sql, stranger, [question])).toEqual([null]);
    return reason ?? null;
  };

  return {
    get db() {
      return db;
    },
    get spool() {
      return spool;
    },
    accept,
    settle,
    claim,
    record,
    make,
    hasContent,
    reasonOf,
  };
}
