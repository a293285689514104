/**
 * `memory`: resident memory of the service's process with 1,000 idle sessions and 20 clients that send 9 MB each.
 *
 * The database is a process of its own and is not counted: its memory is a setting, not a consequence of the load.
 */
import { makeContent } from './load.ts';
import { readRssBytes } from './processes.ts';
import type { Report } from './report.ts';
import { makeBenchFolder, RECIPIENT, startOurs } from './sides.ts';
import { openSession, sendMessage, type SmtpSession } from '../test/helpers/smtp-session.ts';

const IDLE = 1000;
const SENDERS = 20;
const SIZE_BYTES = 9_000_000;
const MESSAGES_PER_SENDER = 3;
const MEBIBYTE = 1024 * 1024;
const BUDGET_MEBIBYTES = 256;
const ALLOWANCE_MEBIBYTES = 300;

async function openIdle(port: number): Promise<SmtpSession[]> {
  const sessions: SmtpSession[] = [];
  for (let opened = 0; opened < IDLE; opened += 50) {
    sessions.push(...(await Promise.all(Array.from({ length: 50 }, () => openSession(port)))));
  }
  return sessions;
}

/** One round; the peak is polled every 20 ms from the first idle session to a second after the last 250. */
export async function runMemory(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path, { env: { IN_FLIGHT_BYTES: `${BUDGET_MEBIBYTES * MEBIBYTE}` } });
  const mebibytes = () => readRssBytes(service.pid) / MEBIBYTE;
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, mebibytes());
  }, 20);
  try {
    const { bytes } = await makeContent(`${folder.path}/content`, SIZE_BYTES);
    const started = mebibytes();
    const idle = await openIdle(service.smtpPort);
    const withIdle = mebibytes();
    const client = async (): Promise<void> => {
      const session = await openSession(service.smtpPort);
      for (let sent = 0; sent < MESSAGES_PER_SENDER; sent += 1) {
        await sendMessage(session, { from: 'sender@elsewhere.example', to: RECIPIENT, content: bytes });
      }
      session.close();
    };
    const startedAtMs = performance.now();
    await Promise.all(Array.from({ length: SENDERS }, client));
    const seconds = (performance.now() - startedAtMs) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const after = mebibytes();
    for (const session of idle) session.close();
    const rows = [
      ['after the start', started],
      [`${IDLE} idle sessions`, withIdle],
      [`peak while ${SENDERS} clients send ${SIZE_BYTES} bytes`, peak],
      ['a second later', after],
    ] as const;
    return {
      head: ['moment', 'RSS, MiB'],
      rows: rows.map(([moment, value]) => [moment, value.toFixed(0)]),
      verdicts: [
        {
          name: 'peak RSS',
          value: peak,
          comparison: '≤',
          target: BUDGET_MEBIBYTES + ALLOWANCE_MEBIBYTES,
          unit: ' MiB',
        },
      ],
      notes: [
        `budget (IN_FLIGHT_BYTES) ${BUDGET_MEBIBYTES} MiB + ${ALLOWANCE_MEBIBYTES} MiB allowed`,
        `${SENDERS * MESSAGES_PER_SENDER} messages, ${((SENDERS * MESSAGES_PER_SENDER * SIZE_BYTES) / 1e6 / seconds).toFixed(0)} MB/s`,
      ],
    };
  } finally {
    clearInterval(timer);
    await service.remove();
    await folder.remove();
  }
}
