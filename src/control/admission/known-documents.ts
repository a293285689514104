/**
 * Valid documents that came before, so that they need not be parsed and validated again.
 *
 * One that came a second time is kept beside those that came once, so that a flood of new ones drives out only each other. Of
 * those a tenant has a share: what it sends twice drives out its own first.
 */
import type { DocumentNode } from 'graphql';
import { createBoundedMap } from '../../bounded-map.ts';

/** Only these are remembered. Each error about a document reads its line ends. */
const MAX = { tokens: 2_000, length: 16 * 1024, lineEnds: 200 };
/** In weights, about half a kilobyte each: those that came once, those that came again, and a tenant's of the latter. */
const MEMORY = { once: 20_000, again: 60_000, share: 15_000 };
/** Characters that weigh as much as a token, with its place in the tree. */
const CHARACTERS = 128;

export interface KnownDocument {
  readonly document: DocumentNode;
  readonly tokens: number;
}

export interface Measured {
  readonly tokens: number;
  readonly lineEnds: number;
}

interface Again extends KnownDocument {
  /** The tenant that sent it the second time. */
  readonly tenantId: string;
  readonly weight: number;
}

export type KnownDocuments = ReturnType<typeof createKnownDocuments>;

export function createKnownDocuments() {
  const once = createBoundedMap<KnownDocument & { readonly weight: number }>(MEMORY.once, ({ weight }) => weight);
  /** Asked for longest ago first. */
  const again = new Map<string, Again>();
  const weights = new Map<string, number>();
  let weightOfAll = 0;

  function add(tenantId: string, weight: number): void {
    weightOfAll += weight;
    const sum = (weights.get(tenantId) ?? 0) + weight;
    if (sum === 0) weights.delete(tenantId);
    else weights.set(tenantId, sum);
  }

  function forget(text: string, { tenantId, weight }: Again): void {
    if (again.delete(text)) add(tenantId, -weight);
  }

  function keep(text: string, kept: Again): void {
    again.set(text, kept);
    add(kept.tenantId, kept.weight);
    for (const [oldest, other] of again) {
      const isShareUsed = (weights.get(kept.tenantId) ?? 0) > MEMORY.share;
      if (!isShareUsed && weightOfAll <= MEMORY.again) return;
      if (oldest !== text && (!isShareUsed || other.tenantId === kept.tenantId)) forget(oldest, other);
    }
  }

  return {
    has: (text: string): boolean => again.has(text) || once.get(text) !== undefined,
    /** The document of this text, which is kept from now on among those that came again. */
    recall(text: string, tenantId: string): KnownDocument | null {
      const known = again.get(text);
      if (known !== undefined) {
        again.delete(text);
        again.set(text, known);
        return known;
      }
      const seen = once.get(text);
      if (seen === undefined) return null;
      once.delete(text);
      keep(text, { ...seen, tenantId });
      return seen;
    },
    /** Keeps a valid document, unless it is large. */
    remember(text: string, document: DocumentNode, { tokens, lineEnds }: Measured): void {
      if (tokens > MAX.tokens || text.length > MAX.length || lineEnds > MAX.lineEnds) return;
      once.set(text, { document, tokens, weight: tokens + Math.ceil(text.length / CHARACTERS) });
    },
  };
}
