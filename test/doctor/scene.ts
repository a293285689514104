/**
 * What the doctor's tests have in common: a database, a DNS and one machine that stands for every primary.
 */
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import type { DomainCreateInput } from '../../src/domains/new.ts';
import type { Domains } from '../../src/domains/domains.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { domainsOn } from '../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { OWN_NAME } from '../helpers/doctor.ts';
import { type FakeDns, type FakeRecords, startFakeDns } from '../helpers/fake-dns.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { createDomain } from '../../src/domains/create.ts';

/** A primary before us, as it should be. */
export const GOOD_MX = [
  [10, 'mx.primary.example'],
  [20, OWN_NAME],
] as const;

export interface DoctorScene {
  readonly database: TestDatabase;
  readonly dns: FakeDns;
  readonly resolver: Resolver;
  readonly primary: FakePrimary;
  readonly domains: Domains;
  /** A new domain of the operator's with these records; by default as they should be. */
  addDomain(records?: FakeRecords | null, input?: Partial<DomainCreateInput>): Promise<RelayDomain>;
  /** Between tests: the primary behaves, and has not been asked yet. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** @param resolverTimeoutMs what a silent DNS costs */
export async function openDoctorScene(resolverTimeoutMs: number): Promise<DoctorScene> {
  const database = await createTestDatabase();
  const domains = domainsOn(database);
  const dns = await startFakeDns({
    [OWN_NAME]: { A: ['192.0.2.250'], isAuthenticated: true },
    'mx.primary.example': { A: ['127.0.0.1'], isAuthenticated: true },
  });
  const resolver = createResolver({ servers: [dns.address], timeoutMs: resolverTimeoutMs });
  const primary = await startFakePrimary();
  let count = 0;
  return {
    database,
    dns,
    resolver,
    primary,
    domains,
    async addDomain(records = { MX: GOOD_MX, NS: ['ns.example'] }, input = {}) {
      count += 1;
      const name = `domain${count}.example`;
      dns.set(name, records);
      const created = await createDomain(domains, OPERATOR_VIEWER, { name, ...input });
      if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
      return created.domain;
    },
    async reset() {
      primary.setMode('plain');
      // One machine stands for every primary: it would have been asked enough soon.
      await database.sql`delete from probe_budgets`;
    },
    async close() {
      resolver.close();
      await Promise.all([dns.close(), primary.close(), database.close()]);
    },
  };
}
