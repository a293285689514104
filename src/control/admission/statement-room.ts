/**
 * How many statements of the API run at once. One request may ask for thousands, and the pool that they would fill is also mail's:
 * so a tenant has a few connections of it at a time, all tenants together leave some free, and who waits is served in rotation, first
 * the tenants, then the requests of each.
 */
import type { Gate } from '../../db/gated-sql.ts';

export interface StatementBounds {
  readonly tenant: number;
  readonly node: number;
}

/** Some of the ten connections of the general pool (db/client.ts). */
export const STATEMENTS: StatementBounds = { tenant: 3, node: 6 };

export interface StatementRoom {
  /** The gate of one request. */
  gateOf(tenantId: string): Gate;
}

type Start = Parameters<Gate>[0];

interface Tenant {
  running: number;
  /** The statements of each request that waits. */
  readonly lines: Start[][];
}

export function createStatementRoom(bounds: StatementBounds = STATEMENTS): StatementRoom {
  /** Those that run or wait for something, whose turn it is first. */
  const tenants = new Map<string, Tenant>();
  let running = 0;

  function takeNext(): { readonly start: Start; readonly tenantId: string; readonly tenant: Tenant } | null {
    if (running >= bounds.node) return null;
    for (const [tenantId, tenant] of tenants) {
      if (tenant.running >= bounds.tenant) continue;
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
    gateOf(tenantId) {
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
