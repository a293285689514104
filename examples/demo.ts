/**
 * `npm run demo`: the product in under a minute, on real sockets, with nothing prepared.
 *
 * Starts the service on its embedded database in a temporary folder, takes the primary down, sends mail with a real
 * client, shows it held and the outage in the API, brings the primary back and compares what arrives byte for byte.
 * Ends with 0 only if every step held. Uses SMTP and the public API, nothing else.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { until } from '../test/helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../test/helpers/fake-primary.ts';
import { type Service, startService } from '../test/helpers/service.ts';
import { clientName, type Mail, makeMail, sendMail } from './client.ts';
import { formatTimeline, TIMELINE_QUERY, type TimelineMessage } from './timeline.ts';

const DOMAIN = 'customer.example';
const SENDER = 'alice@elsewhere.example';
const MESSAGES = 3;

interface Scene {
  readonly service: Service;
  readonly primary: FakePrimary;
  readonly mails: readonly Mail[];
  readonly folder: string;
}

/** A step does something and says what came of it; a throw is a step that did not hold. */
interface Step {
  readonly title: string;
  readonly act: (scene: Scene) => Promise<string>;
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`this did not hold: ${what}`);
}

interface DomainView {
  readonly queue: { readonly heldCount: number; readonly heldSize: number; readonly nextAttemptAt: string | null };
  readonly outage: { readonly startedAt: string; readonly endedAt: string | null; readonly lastReply: string } | null;
}

async function readDomain(service: Service): Promise<DomainView> {
  const { domain } = await service.graphql<{ domain: DomainView }>(
    `query ($name: String!) { domain(by: { name: $name }) {
      queue { heldCount heldSize nextAttemptAt } outage { startedAt endedAt lastReply } } }`,
    { name: DOMAIN },
  );
  return domain;
}

async function addDomain({ service, primary }: Scene): Promise<string> {
  const { domainCreate } = await service.graphql<{
    domainCreate: { domain: { status: string } | null; userErrors: { message: string }[] };
  }>(
    `mutation ($input: DomainCreateInput!) {
      domainCreate(input: $input) { domain { name status } userErrors { path message code } } }`,
    { input: { name: DOMAIN, deliverTo: [{ host: primary.host, port: primary.port }] } },
  );
  check(domainCreate.domain?.status === 'ACTIVE', `the domain is active ${JSON.stringify(domainCreate.userErrors)}`);
  return `${DOMAIN} is ACTIVE; its primary is ${primary.host}:${primary.port}`;
}

async function takeDown({ primary }: Scene): Promise<string> {
  await primary.stop();
  return `nothing listens on ${primary.host}:${primary.port} any more`;
}

async function sendAll({ service, mails, folder }: Scene): Promise<string> {
  const replies: string[] = [];
  for (const mail of mails) replies.push(await sendMail(service.smtpPort, mail, join(folder, 'message')));
  return replies.join('\n');
}

async function showHeld({ service }: Scene): Promise<string> {
  const { queue, outage } = await until('the mail is held and an outage is open', 15_000, async () => {
    const domain = await readDomain(service);
    return domain.outage !== null && domain.queue.heldCount === MESSAGES && domain;
  });
  return [
    `held: ${queue.heldCount} messages, ${queue.heldSize} bytes; next attempt at ${queue.nextAttemptAt}`,
    `outage since ${outage?.startedAt}, last reply: ${outage?.lastReply}`,
  ].join('\n');
}

async function bringBack({ service, primary }: Scene): Promise<string> {
  await primary.start();
  const startedAtMs = performance.now();
  const { domainFlush } = await service.graphql<{ domainFlush: { userErrors: { message: string }[] } }>(
    'mutation ($name: String!) { domainFlush(input: { name: $name }) { userErrors { message } } }',
    { name: DOMAIN },
  );
  check(domainFlush.userErrors.length === 0, 'domainFlush has no errors');
  await primary.waitFor(() => primary.messages.length >= MESSAGES, 'the mail at the primary');
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(2);
  return `${primary.messages.length} messages arrived within ${seconds} s`;
}

async function compareBytes({ primary, mails }: Scene): Promise<string> {
  for (const { content } of mails) {
    const arrived = primary.messages.find((message) => message.content.subarray(-content.length).equals(content));
    check(arrived !== undefined, 'every message arrived unchanged');
    const added = arrived?.content.subarray(0, -content.length).toString() ?? '';
    check(/^Received: (?:[^\r\n]|\r\n[ \t])*\r\n$/.test(added), 'one Received field stands in front, no more');
  }
  check(primary.messages.length === MESSAGES, 'nothing arrived twice');
  return `${MESSAGES} of ${MESSAGES} are equal, each after one Received field`;
}

async function showEnd({ service }: Scene): Promise<string> {
  await until('nothing is held and no outage is open', 10_000, async () => {
    const { queue, outage } = await readDomain(service);
    return queue.heldCount === 0 && (outage === null || outage.endedAt !== null);
  });
  return 'held: 0; no open outage';
}

async function showTimeline({ service }: Scene): Promise<string> {
  const { messages } = await service.graphql<{ messages: { nodes: TimelineMessage[] } }>(TIMELINE_QUERY, {
    domain: DOMAIN,
  });
  check(messages.nodes.length === MESSAGES, 'the API knows every message');
  for (const { recipients } of messages.nodes) {
    check(
      recipients.every(({ state }) => state === 'DELIVERED'),
      'every recipient is DELIVERED',
    );
  }
  return messages.nodes.toReversed().map(formatTimeline).join('\n');
}

const STEPS: readonly Step[] = [
  { title: 'one GraphQL mutation adds the domain', act: addDomain },
  { title: 'the primary goes down', act: takeDown },
  { title: `${clientName()} sends ${MESSAGES} messages`, act: sendAll },
  { title: 'the API shows the mail held, and the outage', act: showHeld },
  { title: 'the primary comes back, and domainFlush does not wait for the clock', act: bringBack },
  { title: 'what arrived is compared byte for byte', act: compareBytes },
  { title: 'the queue is empty, the outage has ended', act: showEnd },
  { title: 'the timeline of every message, from the API', act: showTimeline },
];

function tell(number: number, title: string, seen: string): void {
  console.log(`\n${number}. ${title}`);
  for (const line of seen.split('\n')) console.log(`   ${line}`);
}

/** Plays the steps on a running service; returns whether all held. */
async function play(scene: Scene): Promise<boolean> {
  for (const [index, { title, act }] of STEPS.entries()) {
    try {
      tell(index + 2, title, await act(scene));
    } catch (error) {
      tell(index + 2, title, `FAILED: ${error instanceof Error ? error.message : String(error)}`);
      console.error(`\nThe service said:\n${scene.service.output()}`);
      return false;
    }
  }
  return true;
}

const startedAtMs = performance.now();
console.log('Backup MX: a primary goes down, and no mail is lost. All on this machine, in a temporary folder.');
const folder = await mkdtemp(join(tmpdir(), 'backup-mx-demo-'));
const primary = await startFakePrimary();
try {
  const service = await startService();
  const seconds = (service.readyAfterMs / 1000).toFixed(1);
  const where = `SMTP on 127.0.0.1:${service.smtpPort}, GraphQL on ${service.httpUrl}/graphql`;
  tell(1, 'the service starts on an empty folder, with its embedded database', `ready after ${seconds} s: ${where}`);
  const mails = Array.from({ length: MESSAGES }, (_, index) => makeMail(index + 1, SENDER, `bob@${DOMAIN}`));
  try {
    const hasHeld = await play({ service, primary, mails, folder });
    const total = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    console.log(hasHeld ? `\nEvery step held, in ${total} s.` : '\nNot every step held.');
    if (!hasHeld) process.exitCode = 1;
  } finally {
    await service.remove();
  }
} finally {
  await primary.close();
  await rm(folder, { recursive: true, force: true });
}
