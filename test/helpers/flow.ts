/**
 * A stage for flow tests: the whole service on a database whose clock can be moved, a DNS server of our own, primaries on
 * loopback addresses that share the delivery port, and a client that speaks SMTP.
 *
 * `startFlow` takes everything down again with `close`. What the API says is asked with `see` and `messages`.
 */
import { Buffer } from 'node:buffer';
import { until } from './child.ts';
import { createTestDatabase, type TestDatabase, urlOf } from './database.ts';
import { type FakeDns, type FakeRecords, startFakeDns } from './fake-dns.ts';
import { type FakePrimary, type FakePrimaryOptions, startFakePrimary } from './fake-primary.ts';
import { findFreePort } from './free-port.ts';
import { startServiceInProcess } from './in-process-service.ts';
import type { RunningService } from './service.ts';
import { connectPeer, type SmtpPeer } from './smtp-peer.ts';

export interface Mail {
  /** Null: the null reverse-path. Default `sender@sender.example`. */
  readonly from?: string | null;
  readonly to: readonly string[];
  /** CRLF line ends; leading dots are stuffed here. */
  readonly content?: string | Buffer;
  /** After the path of MAIL: ` SIZE=12`. */
  readonly mailParameters?: string;
  /** After the path of each RCPT. */
  readonly recipientParameters?: string;
}

export interface AttemptSeen {
  readonly at: string;
  readonly host: string | null;
  readonly address: string | null;
  readonly reply: string;
  readonly outcome: string;
}

export interface MessageSeen {
  readonly id: string;
  readonly transactionId: string;
  readonly acceptedAt: string;
  readonly expiresAt: string;
  readonly size: number;
  readonly reversePath: string | null;
  readonly recipients: readonly {
    readonly address: string;
    readonly state: string;
    readonly nextAttemptAt: string | null;
    readonly attemptCount: number;
    readonly lastReply: string | null;
    readonly attempts: { readonly nodes: readonly AttemptSeen[] };
  }[];
}

export interface OutageSeen {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly kind: string;
  readonly heldCount: number | null;
  readonly lastReply: string;
  readonly nextAttemptAt: string | null;
}

export interface DomainSeen {
  readonly status: string;
  readonly queue: {
    readonly heldCount: number;
    readonly heldSize: number;
    readonly oldestAcceptedAt: string | null;
    readonly nextAttemptAt: string | null;
  };
  readonly outage: OutageSeen | null;
}

export interface Flow<S extends RunningService = RunningService> {
  readonly service: S;
  readonly database: TestDatabase;
  readonly dns: FakeDns;
  /** DELIVERY_PORT: where every next hop that MX records name is dialled. */
  readonly deliveryPort: number;
  /** A primary on the delivery port of a loopback address, `127.0.0.2`; closed with the flow. */
  primary(host: string, options?: FakePrimaryOptions): Promise<FakePrimary>;
  /** A session behind greeting and EHLO. */
  connect(): Promise<SmtpPeer>;
  /** One accepted transaction; its id. Throws on any refusal. */
  send(mail: Mail): Promise<string>;
  /**
   * domainCreate; without a primary its MX records decide. Without call-aheads: what the primary sees are deliveries, unless
   * `more` turns them on.
   */
  addDomain(
    name: string,
    primary?: Pick<FakePrimary, 'host' | 'port'>,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  see(domain: string): Promise<DomainSeen>;
  outages(domain: string): Promise<readonly OutageSeen[]>;
  /** Newest first, live and ended, with their newest 100 attempts. */
  messages(domain: string): Promise<readonly MessageSeen[]>;
  /** Null when there is none of this id. */
  message(id: string): Promise<MessageSeen | null>;
  /** Any mutation of a shape `name(input: …) { … userErrors }`; its userErrors' codes. */
  change(mutation: string, input: Readonly<Record<string, unknown>>): Promise<readonly string[]>;
  /** Waits until the domain looks so. What is seen of its queue and of its outage may be a moment apart. */
  untilSeen(domain: string, what: string, condition: (seen: DomainSeen) => boolean): Promise<DomainSeen>;
  /** Waits until no node has the domain in hand: what was attempted is recorded, the next slot stored. */
  untilIdle(domain: string): Promise<void>;
  /** Moves the service's clock to an instant of the API, a moment behind it. */
  moveTo(instant: string | null | undefined): Promise<void>;
  close(): Promise<void>;
}

/** For events that nothing but the service's own timers bring about, on a busy machine. */
export const PATIENCE_MS = 40_000;

export const SENDER = 'sender@sender.example';
export const PLAIN_CONTENT = 'From: <sender@sender.example>\r\nSubject: flow\r\n\r\nHello.\r\n';

const OUTAGE = '{ id startedAt endedAt kind heldCount lastReply nextAttemptAt }';
const QUEUE = '{ heldCount heldSize oldestAcceptedAt nextAttemptAt }';
const MESSAGE = `{ id transactionId acceptedAt expiresAt size reversePath recipients {
  address state nextAttemptAt attemptCount lastReply
  attempts(first: 100) { nodes { at host address reply outcome } } } }`;

type Env = Readonly<Record<string, string>>;

export function startFlow(zones?: Readonly<Record<string, FakeRecords>>, env?: Env): Promise<Flow>;
export function startFlow<S extends RunningService>(
  zones: Readonly<Record<string, FakeRecords>>,
  env: Env,
  start: (options: { readonly env: Env }) => Promise<S>,
): Promise<Flow<S>>;
/** With the service in this process, or as `start` starts it. */
export async function startFlow(
  zones: Readonly<Record<string, FakeRecords>> = {},
  env: Env = {},
  start: (options: { readonly env: Env }) => Promise<RunningService> = startServiceInProcess,
): Promise<Flow> {
  const database = await createTestDatabase();
  // The doctor's daily look would dial primaries at any moment of a day that a test skips, beside what the test counts.
  await database.sql`alter table domains alter column doctor_check_at set default 'infinity'`;
  const dns = await startFakeDns(zones);
  const deliveryPort = await findFreePort();
  const service = await start({
    env: {
      DATABASE_URL: urlOf(database.target),
      DNS_SERVERS: dns.address,
      DELIVERY_PORT: String(deliveryPort),
      ...env,
    },
  }).catch(async (error: unknown) => {
    await Promise.all([dns.close(), database.close()]);
    throw error;
  });
  const primaries: FakePrimary[] = [];

  const see = async (name: string): Promise<DomainSeen> => {
    const { domain } = await service.graphql<{ domain: DomainSeen | null }>(
      `query ($name: String!) { domain(by: { name: $name }) { status queue ${QUEUE} outage ${OUTAGE} } }`,
      { name },
    );
    if (domain === null) throw new Error(`no such domain: ${name}`);
    return domain;
  };
  const change: Flow['change'] = async (mutation, input) => {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code message } } }`;
    const data = await service.graphql<Record<string, { userErrors: { code: string }[] }>>(query, { input });
    return (data[mutation]?.userErrors ?? []).map(({ code }) => code);
  };
  const connect = async (): Promise<SmtpPeer> => {
    const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort, timeoutMs: 30_000 });
    await expectReply('220', 'the greeting', peer.reply());
    await expectReply('250', 'EHLO', peer.ask('EHLO client.sender.example'));
    return peer;
  };

  return {
    service,
    database,
    dns,
    deliveryPort,
    primary: async (host, options = {}) => {
      const primary = await startFakePrimary({ host, port: deliveryPort, ...options });
      primaries.push(primary);
      return primary;
    },
    connect,
    send: async (mail) => {
      const peer = await connect();
      try {
        return await transact(peer, mail);
      } finally {
        peer.destroy();
      }
    },
    addDomain: async (name, primary, more = {}) => {
      const deliverTo = primary === undefined ? [] : [{ host: primary.host, port: primary.port }];
      const errors = await change('domainCreate', { name, deliverTo, hasCallAheads: false, ...more });
      if (errors.length > 0) throw new Error(`domainCreate ${name}: ${errors.join(', ')}`);
    },
    see,
    outages: async (domain) => {
      const { outages } = await service.graphql<{ outages: { nodes: OutageSeen[] } }>(
        `query ($domain: String!) { outages(first: 100, filter: { domain: $domain }) { nodes ${OUTAGE} } }`,
        { domain },
      );
      return outages.nodes;
    },
    messages: async (domain) => {
      const { messages } = await service.graphql<{ messages: { nodes: MessageSeen[] } }>(
        `query ($domain: String!) { messages(first: 30, filter: { domain: $domain }) { nodes ${MESSAGE} } }`,
        { domain },
      );
      return messages.nodes;
    },
    message: async (id) => {
      const query = `query ($id: ID!) { message(id: $id) ${MESSAGE} }`;
      return (await service.graphql<{ message: MessageSeen | null }>(query, { id })).message;
    },
    change,
    untilSeen: (domain, what, condition) =>
      until(`${domain}: ${what}`, PATIENCE_MS, async () => {
        if (!condition(await see(domain))) return false;
        // What a look reads, it reads one after the other: only a second one sees all of what the first saw a part of.
        const seen = await see(domain);
        return condition(seen) && seen;
      }),
    untilIdle: async (domain) => {
      await until(`${domain} is in no node's hands`, PATIENCE_MS, async () => {
        const rows = await database.sql`select from destinations where name = ${domain} and owner_node is null`;
        return rows.length === 1;
      });
    },
    moveTo: async (instant) => {
      if (instant === null || instant === undefined) throw new Error('no instant to move the clock to');
      // The API cuts microseconds off: a millisecond more is behind the instant that is meant.
      await database.sql`
        update clock set shift = shift + greatest(${instant}::text::timestamptz + interval '1 millisecond' - bmx_now(), interval '0')`;
    },
    close: async () => {
      await service.remove();
      await Promise.all([...primaries.map((primary) => primary.close()), dns.close()]);
      await database.close();
    },
  };
}

/** One transaction in an open session; the transaction's id. Throws on any refusal. */
export async function transact(peer: SmtpPeer, mail: Mail): Promise<string> {
  const from = mail.from === undefined ? SENDER : (mail.from ?? '');
  await expectReply('250', 'MAIL', askWhileDown(peer, `MAIL FROM:<${from}>${mail.mailParameters ?? ''}`));
  for (const to of mail.to) {
    await expectReply('250', `RCPT ${to}`, peer.ask(`RCPT TO:<${to}>${mail.recipientParameters ?? ''}`));
  }
  await expectReply('354', 'DATA', peer.ask('DATA'));
  await peer.write(stuffDots(Buffer.from(mail.content ?? PLAIN_CONTENT)));
  const reply = await expectReply('250', 'the final dot', peer.ask('.'));
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(reply)?.[0];
  if (id === undefined) throw new Error(`no id in ${reply}`);
  return id;
}

/** MAIL is put off while a busy machine's database takes seconds to answer: asked again, as a sender would. */
async function askWhileDown(peer: SmtpPeer, command: string): Promise<string> {
  let reply = '';
  await until(`a reply to ${command} other than 451 BMX-STORE`, PATIENCE_MS, async () => {
    reply = await peer.ask(command);
    return !/^451 4\.3\.0 .* BMX-STORE /.test(reply);
  });
  return reply;
}

/** RFC 5321 §4.5.2. */
function stuffDots(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll(/(^|\r\n)\./g, '$1..'), 'latin1');
}

async function expectReply(code: string, what: string, answer: Promise<string>): Promise<string> {
  const reply = await answer;
  if (!reply.startsWith(code)) throw new Error(`${what} was answered ${reply}`);
  return reply;
}
