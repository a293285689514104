/**
 * The rate of acceptance with every check on and hit, beside none, in alternating pairs within one service.
 *
 * 1,000 client addresses behind a trusted proxy write to 1,000 recipients, a connection for each message. Every one of them
 * is in the domain's User List, its call-ahead was made before, the domain's own rank is found out by DNS, one DNS list has a
 * tenth of the clients (on trial, so that both sides accept the same) and another one keeps silent. The counts of the lists
 * and the primary's silence are asserted: no check is skipped.
 */
import { until } from '../test/helpers/child.ts';
import { readHeldCount } from '../test/helpers/domains.ts';
import { sendMail } from '../test/helpers/abuse-load.ts';
import { clientAddress, clientAddress6, connectProxied } from '../test/helpers/proxied-client.ts';
import { LISTING_ZONE } from './front-door-dns.ts';
import { fillAnswers, fillUserList, mailbox, type Scene } from './front-door-scene.ts';
import { makeContent } from './load.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';

const PLAIN = 'plain.accept.example';
const CHECKED = 'checked.accept.example';
const SILENT_ZONE = 'beside.silent.example';

const CLIENTS = 1000;
const RECIPIENTS = 1000;
const MESSAGES = 5000;
const SENDERS = 20;
const SIZE_BYTES = 10_240;
const PAIRS = 5;

/** Every tenth comes by IPv6. */
const ADDRESSES = Array.from({ length: CLIENTS }, (_, n) => (n % 10 === 9 ? clientAddress6(n) : clientAddress(n)));
const LISTED = ADDRESSES.filter((_, n) => n % 10 === 0);

export const ACCEPT_SCENE = { mxDomains: [CHECKED], silentZones: [SILENT_ZONE], listed: LISTED };

export async function addAcceptDomains({ addDomain, sql }: Scene): Promise<void> {
  await addDomain(PLAIN, { hasCallAheads: false });
  await addDomain(CHECKED, {
    dnsblZones: [
      { zone: LISTING_ZONE, mode: 'DRY_RUN' },
      { zone: SILENT_ZONE, mode: 'REJECT' },
    ],
  });
  await fillUserList(sql, CHECKED, RECIPIENTS + 1);
  await fillAnswers(sql, CHECKED, RECIPIENTS);
}

interface Side {
  readonly domain: string;
  readonly rates: number[];
  readonly cpuMs: number[];
}

export async function measureAccept(scene: Scene): Promise<Report> {
  const { bytes } = await makeContent(`${scene.folder}/content`, SIZE_BYTES);
  // smtp-source's file; ours ends its last line itself.
  const content = Buffer.concat([bytes, Buffer.from('\r\n')]);
  const run = async (domain: string, messages: number): Promise<{ seconds: number; cpuSeconds: number }> => {
    const heldBefore = await readHeldCount(scene.service, domain);
    const cpuBefore = readTreeCpuSeconds(scene.service.pid);
    const recipients = Array.from({ length: RECIPIENTS }, (_, index) => mailbox(domain, index));
    const sent = await sendMail({
      port: scene.service.smtpPort,
      addresses: ADDRESSES,
      recipients,
      messages,
      senders: SENDERS,
      content,
    });
    const cpuSeconds = readTreeCpuSeconds(scene.service.pid) - cpuBefore;
    if (sent.refusals.size > 0) throw new Error(`refused: ${JSON.stringify([...sent.refusals])}`);
    await until(
      'all is held',
      60_000,
      async () => (await readHeldCount(scene.service, domain)) === heldBefore + messages,
    );
    return { seconds: sent.seconds, cpuSeconds };
  };
  const sides: readonly Side[] = [PLAIN, CHECKED].map((domain) => ({ domain, rates: [], cpuMs: [] }));
  for (const { domain } of sides) await run(domain, CLIENTS);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const side of pair % 2 === 0 ? sides : sides.toReversed()) {
      const { seconds, cpuSeconds } = await run(side.domain, MESSAGES);
      side.rates.push(MESSAGES / seconds);
      side.cpuMs.push((cpuSeconds / MESSAGES) * 1000);
    }
    console.log(`pair ${pair + 1}: ${sides.map((s) => `${s.domain} ${s.rates.at(-1)?.toFixed(0)}/s`).join(', ')}`);
  }
  await assertChecked(scene, CLIENTS + PAIRS * MESSAGES);
  return report(scene, sides);
}

/** That every message met every check, and what was known was used. */
async function assertChecked({ sql, primary, dns, service }: Scene, messages: number): Promise<void> {
  if (primary.rcpts.length > 0) throw new Error(`the primary was asked ${primary.rcpts.length} times`);
  const listed = messages / 10;
  await until('the list has counted every message', 30_000, async () => {
    const rows = await sql<{ zone: string; checked: string; listed: string }[]>`
      select zone, sum(checked_count) as checked, sum(listed_count) as listed
      from dnsbl_counts join domains using (destination_id) where name = ${CHECKED} group by zone`;
    const [row] = rows;
    const isComplete = rows.length === 1 && row?.zone === LISTING_ZONE && Number(row.checked) === messages;
    return isComplete && Number(row.listed) === listed;
  });
  for (const zone of [LISTING_ZONE, SILENT_ZONE]) {
    if (dns.countBelow(zone) === 0) throw new Error(`${zone} was never asked`);
  }
  // The one that is listed and not known yet is asked about; the one that is not listed is refused.
  const client = await connectProxied(service.smtpPort, clientAddress(CLIENTS));
  await client.askAll(['EHLO once.example', 'MAIL FROM:<sender@elsewhere.example>']);
  const unlisted = await client.ask(`RCPT TO:<${mailbox(CHECKED, RECIPIENTS + 1)}>`);
  const unknown = await client.ask(`RCPT TO:<${mailbox(CHECKED, RECIPIENTS)}>`);
  client.close();
  if (unlisted.code !== 550 || unknown.code !== 250) throw new Error(`answered ${unlisted.code} and ${unknown.code}`);
  if (primary.rcpts.length === 0) throw new Error('the primary was not asked about a mailbox nothing is known of');
}

function report({ dns }: Scene, [plain, checked]: readonly Side[]): Report {
  if (plain === undefined || checked === undefined) throw new Error('a side is missing');
  const ratios = checked.rates.map((rate, index) => rate / (plain.rates[index] ?? Number.NaN));
  const cpuRatios = checked.cpuMs.map((ms, index) => ms / (plain.cpuMs[index] ?? Number.NaN));
  return {
    head: ['', 'none', 'all checks', 'ratio'],
    rows: [
      ['accepted, msg/s', spread(plain.rates), spread(checked.rates), spread(ratios, 2)],
      ['CPU of the service, ms/msg', spread(plain.cpuMs, 3), spread(checked.cpuMs, 3), spread(cpuRatios, 2)],
    ],
    verdicts: [{ name: 'all checks ÷ none', value: median(ratios), comparison: '≥', target: 0.8, unit: ' ×' }],
    notes: [
      `${MESSAGES} messages of ${SIZE_BYTES} bytes, ${CLIENTS} client addresses, ${RECIPIENTS} recipients, ${SENDERS} senders at once, pipelining, a connection per message`,
      `the listing zone is served by ${dns.listingServer}; median (lowest–highest) of ${PAIRS} alternating pairs`,
    ],
  };
}
