/**
 * Looks for the TXT records by which tenants prove that a domain is theirs: on demand, and by a timer.
 *
 * On demand the DNS is asked anew. Without an answer of the DNS nothing is proven or disproven.
 */
import type { Resolver } from '../dns/resolver.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type DomainChange, noSuchDomain } from '../domains/change.ts';
import {
  findProofTarget,
  type ProofFinding,
  type ProofResult,
  type ProofTarget,
  settleProof,
  takeDueProofs,
} from '../domains/proof.ts';
import { type Domains, findDomain } from '../domains/domains.ts';
import type { UserError } from '../input/checked.ts';

export interface OwnershipDependencies {
  readonly domains: Domains;
  readonly resolver: Pick<Resolver, 'resolveTxt' | 'forget'>;
  /** A domain came into service, or its record went or came back. */
  readonly onResult: (domainName: string, result: 'ACTIVATED' | 'LOST' | 'FOUND_AGAIN') => void;
}

export interface Ownership {
  /** Looks for the record now. DONE when the record is there, or none is needed; otherwise an error that says what to add. */
  verify(viewer: Viewer, name: string): Promise<DomainChange>;
  /** Looks for the records of all domains that are due. */
  checkDue(): Promise<void>;
}

/** At once, so that a thousand new domains do not flood a resolver. */
const PROOFS_AT_ONCE = 20;

export function createOwnership(deps: OwnershipDependencies): Ownership {
  const { domains } = deps;

  async function settle(target: ProofTarget, finding: ProofFinding, isDue: boolean): Promise<ProofResult> {
    const result = await settleProof(domains, { target, finding, isDue });
    if (result === 'ACTIVATED' || result === 'LOST' || result === 'FOUND_AGAIN')
      deps.onResult(target.domainName, result);
    return result;
  }

  return {
    async verify(viewer, name) {
      const domain = await findDomain(domains.sql, viewer, name);
      if (domain === null) return noSuchDomain(name);
      const target = await findProofTarget(domains.sql, viewer, domain.id);
      if (target === null) return { kind: 'DONE', domain };
      deps.resolver.forget(target.recordName);
      const result = await settle(target, await findProof(deps.resolver, target), false);
      const after = await findDomain(domains.sql, viewer, name);
      if (after === null) return noSuchDomain(name);
      const error = complaintOf(result, target);
      return error === null ? { kind: 'DONE', domain: after } : { kind: 'REFUSED', errors: [error], domain: after };
    },
    async checkDue() {
      const targets = await takeDueProofs(domains.sql, PROOFS_AT_ONCE);
      const findings = await Promise.all(targets.map((target) => findProof(deps.resolver, target)));
      for (const [index, target] of targets.entries()) await settle(target, findings[index] ?? 'UNKNOWN', true);
    },
  };
}

/** Spaces around the text, which the forms of DNS hosts tend to add, are ignored. */
async function findProof(
  resolver: Pick<Resolver, 'resolveTxt'>,
  { recordName, recordText }: ProofTarget,
): Promise<ProofFinding> {
  const answer = await resolver.resolveTxt(recordName);
  if (answer.kind === 'TROUBLE') return 'UNKNOWN';
  return answer.kind === 'FOUND' && answer.records.some((text) => text.trim() === recordText) ? 'SEEN' : 'MISSING';
}

function complaintOf(result: ProofResult, { domainName, recordName, recordText }: ProofTarget): UserError | null {
  switch (result) {
    case 'ACTIVATED':
    case 'SEEN':
    case 'FOUND_AGAIN':
    case 'GONE':
      return null;
    case 'MISSING':
    case 'LOST': {
      const message = `There is no TXT record at ${recordName} that says "${recordText}". Add it, wait until your DNS servers answer with it, and repeat.`;
      return { path: ['name'], message, code: 'NOT_PROVEN' };
    }
    case 'UNKNOWN': {
      const message = `The DNS of ${domainName} did not answer. Nothing was changed; repeat it in some minutes.`;
      return { path: ['name'], message, code: 'NOT_PROVEN' };
    }
    case 'TAKEN': {
      const message = `${domainName} is already served for another tenant, whose proof was first. If it is yours, ask the operator of this service.`;
      return { path: ['name'], message, code: 'CLAIM_LOST' };
    }
    default:
      return result satisfies never;
  }
}
