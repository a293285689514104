/**
 * Warns where the nodes of the service were not told of each other's names: customers would hear other MX records from each, and
 * one would take another for somebody else's server.
 */
import type { Config } from '../config/config.ts';
import type { Sql } from '../db/client.ts';
import type { Timers } from './timers.ts';
import { listNodes } from '../queue/read/nodes.ts';
import type { Log } from '../telemetry/log.ts';

const LOOK_EVERY_MS = 60_000;

export interface NamesParts {
  readonly config: Pick<Config, 'mxNames'>;
  readonly sql: Sql;
  readonly log: Pick<Log, 'warning'>;
  readonly timers: Pick<Timers, 'every'>;
}

/** Looks once a minute; warns again when others are concerned. */
export function watchNames({ config, sql, log, timers }: NamesParts): void {
  let told = '';
  timers.every(LOOK_EVERY_MS, 'names of the nodes', async () => {
    const nodes = await listNodes(sql);
    const receiving = nodes.filter(({ roles }) => roles.includes('inbound')).map(({ name }) => name);
    const unknown = [...new Set(receiving)].filter((name) => !config.mxNames.includes(name)).toSorted();
    const names = unknown.join(', ');
    if (names !== '' && names !== told) {
      const message = `MX_NAMES of this node lacks ${names}, where another node receives mail: give all nodes the same MX_NAMES, with the MX_HOSTNAME of each that receives mail`;
      log.warning({ where: 'settings', message });
    }
    told = names;
  });
}
