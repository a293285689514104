/**
 * The MX doctor: looks at a domain on demand and by a timer, judges what it finds, and keeps the last report.
 *
 * Promises: a run ends within its time whatever DNS and primary do; one run of a domain at a time among all nodes, and none
 * within a minute of the last: who asks meanwhile gets that report; what the runs of a node cost stays within its budget.
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
import { createDoctorReports } from './reports.ts';

export interface DoctorDeps extends GatherDeps {
  readonly sql: Sql;
  /** A run has ended: with a report of that status, or by a fault. */
  readonly onLooked: (status: Verdict | 'FAILED') => void;
  /** A run by the timer has failed. */
  readonly onFault: (error: unknown) => void;
  /** Aborted when the node stops: runs end at once and are left to another. */
  readonly signal: AbortSignal;
}

export interface Doctor {
  /** Looks now, or waits for whoever looks. DONE when there is a report; the report says what is wrong. */
  check(viewer: Viewer, name: string): Promise<DomainChange>;
  /** Examines all domains that are due, until none is left or the node stops. */
  checkDue(): Promise<void>;
}

/** At once on one node, by the timer and on demand each; most of a run is waiting. */
const RUNS_AT_ONCE = 40;
/** Between two looks whether another node has finished. */
const ASK_AGAIN_MS = 250;
/** A run lasts half a minute at the most. */
const PATIENCE_MS = 40_000;

export function createDoctor(deps: DoctorDeps): Doctor {
  const reports = createDoctorReports(deps.sql);
  const underWay = new Map<string, Promise<void>>();

  /** Runs the checks of a domain that was taken. */
  const run = async (domain: RelayDomain): Promise<void> => {
    try {
      const facts = await gather(deps, domain, deps.signal);
      if (deps.signal.aborted) return await reports.release(domain.id);
      const present = listedMx(facts);
      if (present !== null) await forgetGoneMx(deps.sql, OPERATOR_VIEWER, domain.id, present);
      const findings = examine(facts);
      const status = statusOf(findings);
      await reports.store(domain, { findings, status, isSilent: isSilent(facts) });
      deps.onLooked(status);
    } catch (error) {
      deps.onLooked('FAILED');
      await reports.release(domain.id);
      throw error;
    }
  };

  /** Runs on demand under way; more of them wait, so that the budget lasts for each that has begun. */
  let lookingCount = 0;

  /** Until there is a fresh report of it; another node may be at it. */
  const look = async (domain: RelayDomain): Promise<void> => {
    const untilMs = deps.monotonicMs() + PATIENCE_MS;
    for (;;) {
      if (lookingCount < RUNS_AT_ONCE) {
        lookingCount += 1;
        try {
          if (await reports.isFresh(domain.id)) return;
          if (await reports.take(domain.id)) return await run(domain);
        } finally {
          lookingCount -= 1;
        }
      }
      if (deps.monotonicMs() > untilMs) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  };

  const join = (domain: RelayDomain): Promise<void> => {
    const running = underWay.get(domain.id) ?? look(domain).finally(() => underWay.delete(domain.id));
    underWay.set(domain.id, running);
    return running;
  };

  return {
    async check(viewer, name) {
      const domain = await findDomain(deps.sql, viewer, name);
      if (domain === null) return noSuchDomain(name);
      await join(domain);
      const after = await findDomain(deps.sql, viewer, name);
      return after === null ? noSuchDomain(name) : { kind: 'DONE', domain: after };
    },
    async checkDue() {
      const running = new Set<Promise<void>>();
      for (;;) {
        const due = deps.signal.aborted ? [] : await reports.takeDue(RUNS_AT_ONCE - running.size);
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
