/**
 * The MX doctor: examines a domain on demand and by a timer, judges what it finds, and keeps the last report.
 *
 * Promises: a run ends within its time whatever DNS and primary do; one run of a domain at a time among all nodes, and none
 * within a minute of the last: a request meanwhile gets that report; the cost of a node's runs stays within its budget.
 */
import type { Sql } from '../db/client.ts';
import { OPERATOR_VIEWER, type Viewer } from '../mail/viewer.ts';
import { type DomainChange, noSuchDomain } from '../domains/change.ts';
import { findDomain } from '../domains/domains.ts';
import { forgetGoneMx } from '../domains/mx-records.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { examine, statusOf } from './checks.ts';
import { isSilent, listedMx, type Verdict } from './facts.ts';
import { gather, type GatherDeps } from './gather.ts';
import { isFresh, releaseRun, storeReport, takeDueRuns, takeRun } from './reports.ts';

export interface DoctorDeps extends GatherDeps {
  readonly sql: Sql;
  /** A run has ended: with a report of that status, or by a fault. */
  readonly onExamined: (status: Verdict | 'FAILED') => void;
  /** A run by the timer has failed. */
  readonly onFault: (error: unknown) => void;
  /** Aborted when the node stops: runs end at once and are left to another. */
  readonly signal: AbortSignal;
}

export interface Doctor {
  /** Examines a domain now, or waits for the run under way. DONE when there is a report; the report says what is wrong. */
  check(viewer: Viewer, name: string): Promise<DomainChange>;
  /** Examines all domains that are due, until none is left or the node stops. */
  checkDue(): Promise<void>;
}

/** At once on one node, by the timer and on demand each; most of a run is waiting. */
const RUNS_AT_ONCE = 40;
/** Those on demand about the domains of one tenant: silent name servers make a run last half a minute. */
const RUNS_OF_TENANT = 10;
/** Between two polls for the report of another node. */
const POLL_MS = 250;
/** A run lasts half a minute at the most. */
const PATIENCE_MS = 40_000;

export function createDoctor(deps: DoctorDeps): Doctor {
  const { sql } = deps;
  const underWay = new Map<string, Promise<void>>();

  /** Runs the checks of a domain that was taken. */
  const run = async (domain: RelayDomain): Promise<void> => {
    try {
      const facts = await gather(deps, domain, deps.signal);
      if (deps.signal.aborted) return await releaseRun(sql, domain.id);
      const present = listedMx(facts);
      if (present !== null) await forgetGoneMx(sql, OPERATOR_VIEWER, domain.id, present);
      const findings = examine(facts);
      const verdict = statusOf(findings);
      await storeReport(sql, domain, { findings, verdict, isSilent: isSilent(facts) });
      deps.onExamined(verdict);
    } catch (error) {
      deps.onExamined('FAILED');
      await releaseRun(sql, domain.id);
      throw error;
    }
  };

  /** Runs on demand under way; more of them wait, so that the budget lasts for each that has begun. */
  let runCount = 0;
  const runsOf = new Map<string, number>();

  function count({ tenantId }: RelayDomain, step: 1 | -1): void {
    runCount += step;
    const ofTenant = (runsOf.get(tenantId) ?? 0) + step;
    if (ofTenant === 0) runsOf.delete(tenantId);
    else runsOf.set(tenantId, ofTenant);
  }

  /** Until there is a fresh report of it; another node may be at it. */
  const examineOnce = async (domain: RelayDomain): Promise<void> => {
    const untilMs = deps.monotonicMs() + PATIENCE_MS;
    for (;;) {
      if (runCount < RUNS_AT_ONCE && (runsOf.get(domain.tenantId) ?? 0) < RUNS_OF_TENANT) {
        count(domain, 1);
        try {
          if (await isFresh(sql, domain.id)) return;
          if (await takeRun(sql, domain.id)) return await run(domain);
        } finally {
          count(domain, -1);
        }
      }
      if (deps.monotonicMs() > untilMs) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };

  const join = (domain: RelayDomain): Promise<void> => {
    const running = underWay.get(domain.id) ?? examineOnce(domain).finally(() => underWay.delete(domain.id));
    underWay.set(domain.id, running);
    return running;
  };

  return {
    async check(viewer, name) {
      const domain = await findDomain(sql, viewer, name);
      if (domain === null) return noSuchDomain(name);
      await join(domain);
      const after = await findDomain(sql, viewer, name);
      return after === null ? noSuchDomain(name) : { kind: 'DONE', domain: after };
    },
    async checkDue() {
      const running = new Set<Promise<void>>();
      for (;;) {
        const due = deps.signal.aborted ? [] : await takeDueRuns(sql, RUNS_AT_ONCE - running.size);
        for (const domain of due) {
          const current = run(domain)
            .catch(deps.onFault)
            .finally(() => running.delete(current));
          running.add(current);
        }
        if (running.size === 0) return;
        await Promise.race(running);
      }
    },
  };
}
