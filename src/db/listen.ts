/**
 * LISTEN on a channel, for snapshots of settings that other nodes change.
 *
 * Notifications that come while the connection is away are lost, so `onReset` is called each time it was: the snapshot is then
 * emptied. A connection can be dead without anybody noticing; a heartbeat over the channel finds that out, and until the
 * connection is back each missed beat is a reset, so no snapshot is older than one.
 */
import { randomUUID } from 'node:crypto';
import type { Sql } from './client.ts';

/** The channel on which nodes tell each other which entry of a snapshot is stale. */
export const SETTINGS_CHANNEL = 'backup_mx_settings';

export interface ListenOptions {
  readonly sql: Sql;
  readonly channel: string;
  readonly onPayload: (payload: string) => void;
  /** Called when notifications may have been missed. Not called for the first connection. */
  readonly onReset: () => void;
  /** Default 15 s. */
  readonly heartbeatMs?: number;
}

export interface Listener {
  close(): Promise<void>;
}

const HEARTBEAT_MS = 15_000;

/** Resolves when the channel is being listened to for the first time. */
export async function listenTo(options: ListenOptions): Promise<Listener> {
  const { sql, channel, onPayload, onReset, heartbeatMs = HEARTBEAT_MS } = options;
  const beat = `heartbeat ${randomUUID()}`;
  let connectionCount = 0;
  let isBeatHeard = true;
  const listen = () =>
    sql.listen(
      channel,
      (payload) => {
        if (payload === beat) {
          isBeatHeard = true;
        } else if (!payload.startsWith('heartbeat ')) {
          onPayload(payload);
        }
      },
      () => {
        connectionCount += 1;
        isBeatHeard = true;
        if (connectionCount > 1) {
          onReset();
        }
      },
    );
  let listening = await listen();
  let isRenewing = false;
  // The driver restores a lost connection, but not a LISTEN that failed on it, as it does on a server that is still a standby.
  const renew = async () => {
    if (isRenewing) return;
    isRenewing = true;
    await listening.unlisten().catch(() => undefined);
    listening = await listen().catch(() => listening);
    isRenewing = false;
  };
  const timer = setInterval(() => {
    if (!isBeatHeard) {
      onReset();
      void renew();
    }
    isBeatHeard = false;
    // What fails here shows as a beat that is not heard.
    sql.notify(channel, beat).catch(() => {});
  }, heartbeatMs);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      await listening.unlisten();
    },
  };
}
