/**
 * Relay domains by name, kept in memory: every RCPT asks, hardly any question goes to the database.
 *
 * Filled name by name on demand, absence included, bounded both ways. What is in it is true until it is dropped: the node
 * that writes drops its entry after COMMIT, others on the notice of that COMMIT, and all of it goes when notices may have
 * been missed. A load that was under way when its name was dropped is not kept.
 */
import { createBoundedMap } from './bounded-map.ts';
import type { RelayDomain } from './relay-domain.ts';

export interface DomainSnapshot {
  /** The served domain of this name (lower-case A-label), or null. Rejects when it must ask the database in vain. */
  find(name: string): Promise<RelayDomain | null>;
  drop(name: string): void;
  dropAll(): void;
}

export interface SnapshotOptions {
  readonly load: (name: string) => Promise<RelayDomain | null>;
  /** Served domains kept; the one asked longest ago goes first. */
  readonly maxDomains?: number;
  /** Unknown names kept, apart from the known ones: whoever probes with random names cannot push those out. */
  readonly maxUnknown?: number;
}

/** About 1 KB each: a few dozen megabytes at the most. */
const DEFAULT_MAX_DOMAINS = 50_000;
const DEFAULT_MAX_UNKNOWN = 10_000;

export function createDomainSnapshot(options: SnapshotOptions): DomainSnapshot {
  const known = createBoundedMap<Promise<RelayDomain | null>>(options.maxDomains ?? DEFAULT_MAX_DOMAINS);
  const unknown = createBoundedMap<Promise<RelayDomain | null>>(options.maxUnknown ?? DEFAULT_MAX_UNKNOWN);
  const loading = new Map<string, Promise<RelayDomain | null>>();

  /** One question at a time per name; its answer is kept only if the name was not dropped meanwhile. */
  function load(name: string): Promise<RelayDomain | null> {
    const answer = options.load(name).then(
      (domain) => {
        if (loading.get(name) === answer) {
          loading.delete(name);
          (domain === null ? unknown : known).set(name, answer);
        }
        return domain;
      },
      (error: unknown) => {
        if (loading.get(name) === answer) loading.delete(name);
        throw error;
      },
    );
    loading.set(name, answer);
    return answer;
  }

  return {
    find: (name) => known.get(name) ?? unknown.get(name) ?? loading.get(name) ?? load(name),
    drop(name) {
      known.delete(name);
      unknown.delete(name);
      loading.delete(name);
    },
    dropAll() {
      known.clear();
      unknown.clear();
      loading.clear();
    },
  };
}
