/**
 * The facts about a domain, found out once before any check judges them; and what a check is: a stable code, its texts, and a pure
 * judgement of facts. Plain values, no I/O.
 */
import type { DnsAnswer } from '../dns/answer.ts';
import type { StsPolicy } from '../tls/mta-sts.ts';
import { MAX_HOSTS, type ObservedMx, type ObservedMxSet } from '../dns/mx-set.ts';
import type { AddedMx } from '../domains/mx-records.ts';
import type { DomainRecord } from './record.ts';

/** A question and its answer: verbatim, or our own words in brackets. */
export interface Evidence {
  readonly asked: string;
  readonly answered: string;
}

/** UNKNOWN: it could not be found out within its time; `why` is a finding. `hasNoHost`: by the DNS there is no host to ask. */
export type Fact<T> =
  | { readonly kind: 'KNOWN'; readonly value: T }
  | { readonly kind: 'UNKNOWN'; readonly why: Evidence; readonly hasNoHost?: true };

export interface Facts {
  readonly domain: {
    readonly name: string;
    /** `host:port`, in their order; empty: the MX records decide. */
    readonly deliverTo: readonly string[];
    /** Entries of the User List; 0: off. */
    readonly listedCount: number;
  };
  readonly service: ServiceFacts;
  readonly mx: Fact<ObservedMxSet>;
  /** MX hosts that are aliases, with what they stand for. */
  readonly aliases: Fact<readonly { readonly host: string; readonly target: string }[]>;
  readonly nameServers: Fact<DnsAnswer<string>>;
  /** The MTA-STS policy as published now; null: none. `fault`: announced, but not to be had. */
  readonly policy: Fact<StsPolicy | { readonly fault: string } | null>;
  /** TLSA records at our names in the MX set, against our certificate. Null: the DNS is not trusted to be secure. */
  readonly tlsa: Fact<readonly TlsaFact[] | null>;
  /** One for each address of the primary that was asked. */
  readonly sessions: Fact<readonly SessionFact[]>;
  readonly record: Fact<DomainRecord>;
  readonly contactsInside: Fact<ContactFacts>;
}

export interface ContactFacts {
  /** Alert contacts that lie in the domain they watch. */
  readonly addresses: readonly string[];
  /** An alert contact outside the domain is notified about it. */
  readonly isAlertedOutside: boolean;
}

export interface ServiceFacts {
  /** Those that are to stand in MX records. */
  readonly mxNames: readonly string[];
  /** Null: unset. */
  readonly postmasterAddress: string | null;
  readonly messageSizeLimitBytes: number;
  /** Loopback and private next hops may be dialled. */
  readonly allowPrivate: boolean;
  /** Defects of our certificates that a sender that verifies would find; null: this node receives no mail and has none. */
  readonly certificateDefects: readonly string[] | null;
  /** Names of ours that no certificate of this node stands for: another node may have its own. */
  readonly uncoveredNames: readonly string[];
}

export interface TlsaFact {
  readonly asked: string;
  /** Why our certificate fails it; null if there is no record or it matches. */
  readonly fault: string | null;
  readonly isFoundOut: boolean;
}

export interface SessionFact {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Ours, as the primary saw it unless there is NAT; null: not connected. */
  readonly localAddress: string | null;
  /** How far it came: CONNECT includes greeting, EHLO and STARTTLS. */
  readonly stage: 'CONNECT' | 'MAIL' | 'RCPT';
  /** Verbatim, or ours in brackets. */
  readonly reply: string;
  readonly kind: 'ACCEPTED' | 'DEFERRED' | 'REFUSED' | 'SILENT';
  /** SIZE as offered (RFC 1870); null: none, or not connected. */
  readonly sizeLimitBytes: number | null;
  /** Until it was ready for the first question; for that question. */
  readonly greetingMs: number;
  readonly rcptMs: number | null;
}

export function known<T>(value: T): Fact<T> {
  return { kind: 'KNOWN', value };
}

export function notFoundOut(asked: string, answered: string): Fact<never> & { readonly kind: 'UNKNOWN' } {
  return { kind: 'UNKNOWN', why: { asked, answered } };
}

/** All MX records in the DNS; null if it does not answer, has more than we read, or has lost the name: then no record is forgotten. */
export function listedMx({ mx }: Pick<Facts, 'mx'>): readonly AddedMx[] | null {
  if (mx.kind === 'UNKNOWN' || mx.value.kind === 'TROUBLE' || mx.value.kind === 'NXDOMAIN') return null;
  if (mx.value.kind !== 'SET' || mx.value.isImplicit) return [];
  const { hosts } = mx.value;
  return hosts.length < MAX_HOSTS ? hosts.map(({ host, preference }) => ({ host, preference })) : null;
}

/** Neither the DNS nor the primary has said a word: all that is known is our own records. */
export function isSilent({ mx, sessions }: Pick<Facts, 'mx' | 'sessions'>): boolean {
  const isDnsSilent = mx.kind === 'UNKNOWN' || mx.value.kind === 'TROUBLE';
  return isDnsSilent && (sessions.kind === 'UNKNOWN' || sessions.value.every(({ kind }) => kind === 'SILENT'));
}

/** The set as it stands in the DNS, for evidence. */
export function mxEvidence(name: string, set: ObservedMxSet): Evidence {
  return { asked: `MX of ${name}`, answered: mxText(set) };
}

function mxText(set: ObservedMxSet): string {
  switch (set.kind) {
    case 'SET': {
      const hosts = set.hosts.map(({ host, preference }) => `${preference} ${host}`).join(', ');
      return set.isImplicit ? `[none; the domain's own address stands in: ${hosts}]` : hosts;
    }
    case 'NULL_MX':
      return '0 .';
    case 'TROUBLE':
      return `[${set.reason}]`;
    case 'NO_ADDRESS':
      return '[no MX record, and no address]';
    case 'NXDOMAIN':
      return '[NXDOMAIN]';
    default:
      return set satisfies never;
  }
}

export function addressEvidence({ host, addresses, trouble }: ObservedMx): Evidence {
  const text = addresses.length > 0 ? addresses.join(', ') : `[${trouble ?? 'no address'}]`;
  return { asked: `addresses of ${host}`, answered: text };
}

/** UNKNOWN is no error: it has the reason why the facts could not be found out. */
export type Verdict = 'OK' | 'WARNING' | 'PROBLEM' | 'UNKNOWN';

export interface Judgement {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  /** In place of the check's own, where one thing to do does not fit all. */
  readonly advice?: string;
}

export interface Check {
  /** Stable: users' scripts depend on it. */
  readonly code: string;
  /** The good state: a short sentence. */
  readonly title: string;
  /** The meaning of a finding that is not OK. */
  readonly meaning: string;
  /** The action for the postmaster then: one sentence. */
  readonly advice: string;
  readonly judge: (facts: Facts) => Judgement;
}

export function ok(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'OK', evidence };
}

export function warning(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'WARNING', evidence };
}

export function problem(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'PROBLEM', evidence };
}

export function unknown(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'UNKNOWN', evidence };
}

/** Judges what is known; else UNKNOWN. */
export function whenKnown<T>(fact: Fact<T>, judge: (value: T) => Judgement): Judgement {
  return fact.kind === 'KNOWN' ? judge(fact.value) : unknown(fact.why);
}
