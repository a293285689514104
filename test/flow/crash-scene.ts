/** What the crash tests share: a service in mid-load before a primary, and the reckoning at the end. */
import { expect } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readHeldCount } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, type Ledger, type Load, startLoad } from '../helpers/load.ts';
import { type Service, type ServiceOptions, startService } from '../helpers/service.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';

export const DOMAIN = 'crash.example';

export interface Scene {
  readonly service: Service;
  readonly primary: FakePrimary;
  readonly load: Load;
  /** Until a random number of messages more was accepted, and something more delivered. */
  untilMore(most: number): Promise<void>;
  /** Ends the load, waits until all is delivered, and holds it against what the senders heard. */
  settle(): Promise<Ledger>;
  close(): Promise<void>;
}

/** A served domain, a primary that is up, and twenty senders that have begun. */
export async function startScene(options: ServiceOptions = {}): Promise<Scene> {
  const service = await startService(options);
  const primary = await startFakePrimary();
  await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]).catch(async (error: unknown) => {
    await service.remove();
    throw error;
  });
  const load = startLoad({ port: service.smtpPort, domain: DOMAIN, connections: 20, pauseMs: 60 });
  return {
    service,
    primary,
    load,
    untilMore: async (most) => {
      const wanted = load.accepted.size + 1 + Math.floor(Math.random() * most);
      const delivered = primary.messages.length;
      await until('more is accepted and delivered', 60_000, () => {
        return load.accepted.size >= wanted && primary.messages.length > delivered;
      });
    },
    settle: async () => {
      await load.stop();
      // Three deaths of its holder put a message back on the schedule.
      await flushDomain(service, DOMAIN);
      await until('all is delivered', 60_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
      expect([...load.refusals.keys()].filter((reply) => !/^45[12] 4\.3\.[01] /.test(reply))).toEqual([]);
      expect(service.hasEnded()).toBe(false);
      return compare(load, primary.messages);
    },
    close: async () => {
      await load.stop();
      await service.remove();
      await primary.close();
    },
  };
}

/** Until MAIL is answered 451 or 452. A probe of its own: a load's senders may all be waiting for the reply to a dot. */
export async function untilPutOff({ service }: Pick<Scene, 'service'>): Promise<void> {
  const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort });
  await peer.reply();
  await peer.ask('EHLO probe.test.example');
  await until('senders are put off', 30_000, async () => {
    const reply = await peer.ask('MAIL FROM:<probe@elsewhere.example>');
    await peer.ask('RSET');
    return /^45[12] /.test(reply);
  });
  peer.destroy();
}

/** The service's faults by place, from /metrics, and the places of the log lines `fault`. A database that is away makes none. */
export async function faultsOf({ httpUrl, output }: Service): Promise<{ counted: string[]; logged: string[] }> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  const counted = text.split('\n').filter((line) => line.startsWith('backup_mx_faults_total{'));
  const logged = output()
    .split('\n')
    .filter((line) => line.includes('"event":"fault"'));
  return { counted, logged: logged.map((line) => line.slice(0, 600)) };
}

/** Nothing lost, nothing altered, nothing twice. */
export const EXACT: Ledger = { lost: [], surplus: [], altered: [], repeated: [] };
