/**
 * Work of the API that few may do at once: statements, and items of subscriptions. One request may ask for thousands of them, so a tenant
 * has a few places, all tenants together leave room for mail, and who waits is served in rotation, first the tenants, then the requests
 * of each.
 */
import type { Gate } from '../../db/gated-sql.ts';

export interface Places {
  readonly tenant: number;
  readonly node: number;
}

/** Statements: some of the ten connections of the general pool (db/client.ts). */
export const STATEMENTS: Places = { tenant: 3, node: 6 };
/** Items of subscriptions that are resolved: many that ask for the same after an event ask together. */
export const ITEMS: Places = { tenant: 50, node: 100 };

export interface Rotation {
  /** The line of one request, in which its work waits. */
  lineOf(tenantId: string): Gate;
}

type Start = Parameters<Gate>[0];

interface Tenant {
  running: number;
  /** The statements of each request that waits. */
  readonly lines: Start[][];
}

export function createRotation(places: Places): Rotation {
  /** Those that run or wait for something, whose turn it is first. */
  const tenants = new Map<string, Tenant>();
  let running = 0;

  function takeNext(): { readonly start: Start; readonly tenantId: string; readonly tenant: Tenant } | null {
    if (running >= places.node) return null;
    for (const [tenantId, tenant] of tenants) {
      if (tenant.running >= places.tenant) continue;
      const line = tenant.lines.shift();
      const start = line?.shift();
      if (line === undefined || start === undefined) continue;
      if (line.length > 0) tenant.lines.push(line);
      tenants.delete(tenantId);
      tenants.set(tenantId, tenant);
      return { start, tenantId, tenant };
    }
    return null;
  }

  function serve(): void {
    for (let next = takeNext(); next !== null; next = takeNext()) {
      const { start, tenantId, tenant } = next;
      running += 1;
      tenant.running += 1;
      let hasLeft = false;
      start(() => {
        if (hasLeft) return;
        hasLeft = true;
        running -= 1;
        tenant.running -= 1;
        if (tenant.running === 0 && tenant.lines.length === 0) tenants.delete(tenantId);
        serve();
      });
    }
  }

  return {
    lineOf(tenantId) {
      const line: Start[] = [];
      return (start) => {
        const tenant = tenants.get(tenantId) ?? { running: 0, lines: [] };
        tenants.set(tenantId, tenant);
        line.push(start);
        if (line.length === 1) tenant.lines.push(line);
        serve();
      };
    },
  };
}
