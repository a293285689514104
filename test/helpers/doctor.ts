/**
 * The doctor on a real database, a real resolver and whatever primary a test starts, with every setting to be changed.
 */
import { monotonicMs } from '../../src/clock.ts';
import { createDoctorBudget } from '../../src/doctor/ask-primary.ts';
import { createDoctor, type Doctor, type DoctorDeps } from '../../src/doctor/doctor.ts';
import type { ServiceFacts } from '../../src/doctor/facts.ts';
import { createCalloutBudget } from '../../src/verification/budget.ts';
import type { TestDatabase } from './database.ts';

export const OWN_NAME = 'backup.test.example';

export const SERVICE: ServiceFacts = {
  mxNames: [OWN_NAME],
  postmasterAddress: 'postmaster@elsewhere.example',
  messageSizeLimitBytes: 10_485_760,
  allowPrivate: true,
  certificateDefects: [],
  uncoveredNames: [],
};

export interface DoctorSetup {
  readonly database: TestDatabase;
  readonly resolver: DoctorDeps['resolver'];
  /** Of the primary. */
  readonly deliveryPort?: number;
  readonly changes?: Partial<DoctorDeps>;
}

export function doctorOn({ database, resolver, deliveryPort = 25, changes }: DoctorSetup): Doctor {
  const { sql } = database;
  return createDoctor({
    sql,
    resolver,
    self: () => ({
      names: [OWN_NAME],
      addresses: ['192.0.2.250'],
      listeners: [],
      interfaceAddresses: [],
      web: { host: 'bmx.example', port: 443 },
    }),
    deliveryPort,
    allowPrivate: true,
    hostname: OWN_NAME,
    localEgressAddresses: [],
    probeBudget: createCalloutBudget({ sql, monotonicMs }),
    budget: createDoctorBudget({ monotonicMs }),
    monotonicMs,
    wallClock: () => new Date(),
    isListed: () => false,
    fetchText: async () => ({ kind: 'FAILED', reason: 'nobody is asked here' }),
    usesDane: false,
    certificateChain: () => null,
    service: () => SERVICE,
    findContactsInside: async () => ({ addresses: [], isAlertedOutside: false }),
    onExamined: () => undefined,
    onFault: (error) => {
      throw error;
    },
    signal: new AbortController().signal,
    ...changes,
  });
}
