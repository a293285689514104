/**
 * Builds the change of MX records at other people's DNS servers.
 */
import { wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Sql } from '../db/client.ts';
import { createSetMx, type SetMx } from '../doctor/set-mx.ts';
import type { IsOwnServer } from '../http/exchange.ts';
import { createResolver, type Resolver } from '../dns/resolver.ts';
import { createMxRecords } from '../domains/mx-records.ts';

/** For one question to a server that a person has named. */
const QUERY_TIMEOUT_MS = 5000;

export interface SetMxParts {
  readonly config: Config;
  readonly sql: Sql;
  readonly resolver: Resolver;
  readonly isOwnServer: IsOwnServer;
}

export function buildSetMx({ config, sql, resolver, isOwnServer }: SetMxParts): SetMx {
  return createSetMx({
    resolver,
    resolverAt: (servers) => createResolver({ servers, timeoutMs: QUERY_TIMEOUT_MS }),
    allowPrivate: config.allowPrivateNextHops,
    isOwn: (endpoint) => isOwnServer([], endpoint),
    mxNames: config.publishedNames,
    ownNames: config.mxNames,
    records: createMxRecords(sql),
    nowSeconds: () => Math.floor(wallClock().getTime() / 1000),
  });
}
