/**
 * A pool whose statements fail from a chosen one on, or whose commits lose their answer: for tests of what is recorded in several.
 *
 * The server cancels the statement, so nothing of its transaction is kept; the session stays, since losing and making one takes
 * long (test/flow/crash-connections.test.ts loses them). AFTER_COMMIT lets a transaction take effect and loses its answer.
 */
import type { Sql } from '../../src/db/client.ts';

export interface Fault {
  /** Which statement fails, from 1; commits count with AFTER_COMMIT alone. */
  readonly at: number;
  readonly when: 'BEFORE_STATEMENT' | 'AFTER_COMMIT';
  /** So does everything behind it: its process is dead. */
  readonly isLasting: boolean;
}

export interface FaultySql {
  readonly sql: Sql;
  /** The fault has happened. */
  readonly hasStruck: () => boolean;
}

type Tagged = (strings: TemplateStringsArray, ...values: unknown[]) => Promise<unknown>;

export function faultySql(real: Sql, fault: Fault): FaultySql {
  let count = 0;
  let hasStruck = false;
  const strikes = (when: Fault['when']): boolean => {
    if (hasStruck) return fault.isLasting;
    if (fault.when !== when) return false;
    count += 1;
    hasStruck = count === fault.at;
    return hasStruck;
  };
  const wrap = (sql: Tagged): Sql =>
    new Proxy(sql, {
      apply: (target, _self, [strings, ...values]: [TemplateStringsArray, ...unknown[]]) => {
        // A part of another statement is never awaited.
        return new Proxy(target(strings, ...values), {
          get: (query, name) => {
            const value = Reflect.get(query, name) as unknown;
            if (typeof value !== 'function') return value;
            const isAwaited = name === 'then' && strikes('BEFORE_STATEMENT');
            const failing = isAwaited
              ? target`do $$ begin raise exception 'by the test' using errcode = 'query_canceled'; end $$`
              : query;
            return value.bind(failing) as unknown;
          },
        });
      },
      get: (target, name, receiver) => {
        if (name !== 'begin') return Reflect.get(target, name, receiver) as unknown;
        return async (work: (transaction: unknown) => unknown) => {
          const { begin } = target as unknown as { begin: (work: (sql: Tagged) => unknown) => Promise<unknown> };
          const result = await begin.call(target, (transaction) => work(wrap(transaction)));
          if (strikes('AFTER_COMMIT'))
            throw Object.assign(new Error('the answer is lost'), { code: 'CONNECTION_CLOSED' });
          return result;
        };
      },
    }) as unknown as Sql;
  return { sql: wrap(real as unknown as Tagged), hasStruck: () => hasStruck };
}
