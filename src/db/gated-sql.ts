/**
 * A pool whose statements wait at a gate before they are written to a connection: whoever keeps the gate decides how many of them run
 * at once, and whose turn it is. Fragments never start, so they never wait; transactions have connections of their own.
 */
import type { Sql } from './followed-statement.ts';

/** Calls `start` when the statement may run, at once or later, with what is to be called when it has ended, however it has. */
export type Gate = (start: (leave: () => void) => void) => void;

/** The members of the driver's `Query` that its types omit (followed-statement.ts). */
interface DriverQuery {
  handler: (query: unknown) => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** The same pool, whose statements pass a gate first. */
export function gatedSql(sql: Sql, gate: Gate): Sql {
  const unsafe = (...args: Parameters<Sql['unsafe']>): unknown => atGate(sql.unsafe(...args), gate);
  return new Proxy(sql, {
    apply: (target, self, args) => atGate(Reflect.apply(target, self, args) as unknown, gate),
    get: (target, property) => (property === 'unsafe' ? unsafe : (Reflect.get(target, property) as unknown)),
  });
}

function atGate(made: unknown, gate: Gate): unknown {
  if (!(made instanceof Promise && 'handler' in made)) return made;
  const query = made as unknown as DriverQuery;
  const { handler } = query;
  query.handler = (self) =>
    gate((leave) => {
      const { resolve, reject } = query;
      query.resolve = (result) => {
        leave();
        resolve(result);
      };
      query.reject = (error) => {
        leave();
        reject(error);
      };
      try {
        handler(self);
      } catch (error) {
        query.reject(error);
      }
    });
  return made;
}
