/**
 * Builds the change of MX records at other people's DNS servers.
 */
import { wallClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Sql } from './db/client.ts';
import { createSetMx, type SetMx } from './doctor/set-mx.ts';
import { createResolver, type Resolver } from './net/resolver.ts';
import { createMxRecords } from './settings/mx-records.ts';

/** For one question to a server that a person has named. */
const QUERY_TIMEOUT_MS = 5000;

export interface SetMxParts {
  readonly config: Pick<Config, 'allowPrivateNextHops' | 'publishedNames' | 'mxNames'>;
  readonly sql: Sql;
  readonly resolver: Resolver;
}

export function buildSetMx({ config, sql, resolver }: SetMxParts): SetMx {
  return createSetMx({
    resolver,
    resolverAt: (servers) => createResolver({ servers, timeoutMs: QUERY_TIMEOUT_MS }),
    allowPrivate: config.allowPrivateNextHops,
    mxNames: config.publishedNames,
    ownNames: config.mxNames,
    records: createMxRecords(sql),
    nowSeconds: () => Math.floor(wallClock().getTime() / 1000),
  });
}
