/**
 * How many requests of a tenant are carried out at once; the others wait, the tokens in rotation.
 *
 * Each holds its values, its answer, and a connection to the database, and what many finish in one moment keeps mail waiting
 * together. One that takes long waits for somebody else, such as a DNS server, and then another may begin.
 */
import { clearTimeout, setTimeout } from 'node:timers';
import { refuse, type Refused } from './refusals.ts';
import { createTurns, type Turns } from './request-room.ts';

/** As many as there are connections for transactions. */
const AT_ONCE = 10;
/** Under way, with those that wait. */
const MOST_OF_TENANT = 250;
/** From then on a request is not counted among those that are carried out at once. */
const LONG_MS = 1000;
const RETRY_SECONDS = 5;

const TOO_MANY = refuse(
  429,
  'RATE_LIMITED',
  `This token's tenant has ${MOST_OF_TENANT} requests under way; that is the most. Send this one when some are answered.`,
  RETRY_SECONDS,
);
const GONE = refuse(400, 'BAD_REQUEST', 'The client has gone.');

export interface Execution {
  readonly kind: 'BEGUN';
  /** Called once, when the answer is there. */
  readonly end: () => void;
}

export interface Executions {
  /** Resolves when the request may be carried out. `signal` fires when its client has gone. */
  begin(asked: Asking): Promise<Execution | Refused>;
}

interface Asking {
  readonly tenantId: string;
  readonly tokenId: string;
  readonly signal: AbortSignal;
}

export function createExecutions(): Executions {
  const tenants = new Map<string, { readonly turns: Turns; underWay: number }>();
  return {
    async begin({ tenantId, tokenId, signal }) {
      const tenant = tenants.get(tenantId) ?? { turns: createTurns(AT_ONCE), underWay: 0 };
      if (tenant.underWay >= MOST_OF_TENANT) return TOO_MANY;
      tenants.set(tenantId, tenant);
      tenant.underWay += 1;
      const forget = (): void => {
        tenant.underWay -= 1;
        if (tenant.underWay === 0) tenants.delete(tenantId);
      };
      if (!(await tenant.turns.enter(tokenId, signal))) {
        forget();
        return GONE;
      }
      let isCounted = true;
      const leave = (): void => {
        if (isCounted) tenant.turns.leave();
        isCounted = false;
      };
      const timer = setTimeout(leave, LONG_MS);
      return {
        kind: 'BEGUN',
        end() {
          clearTimeout(timer);
          leave();
          forget();
        },
      };
    },
  };
}
