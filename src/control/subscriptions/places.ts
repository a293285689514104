/**
 * How many subscriptions may be open on this node: by token, by tenant, and in all.
 */
import type { GraphQLError } from 'graphql';
import type { Caller } from '../caller.ts';
import { tooManySubscriptions } from './endings.ts';

export interface PlaceBounds {
  readonly token: number;
  readonly tenant: number;
  readonly node: number;
}

/** A browser has a few, a dashboard a few dozen. Each costs some ten kilobytes. */
export const PLACES: PlaceBounds = { token: 50, tenant: 200, node: 2000 };

export interface Places {
  /** Returns how to give it back, or why there is none. */
  take(caller: Caller): (() => void) | GraphQLError;
}

export function createPlaces(bounds: PlaceBounds): Places {
  const taken = new Map<string, number>();
  return {
    take({ viewer, actor }) {
      const places = [
        { key: `token ${actor.token?.id ?? 'operator'}`, who: 'Your token', most: bounds.token },
        { key: `tenant ${viewer.tenantId}`, who: 'Your tenant', most: bounds.tenant },
        { key: 'node', who: 'This node', most: bounds.node },
      ];
      const full = places.find(({ key, most }) => (taken.get(key) ?? 0) >= most);
      if (full !== undefined) return tooManySubscriptions(full.who, full.most);
      for (const { key } of places) taken.set(key, (taken.get(key) ?? 0) + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        for (const { key } of places) {
          const left = (taken.get(key) ?? 0) - 1;
          if (left > 0) taken.set(key, left);
          else taken.delete(key);
        }
      };
    },
  };
}
