/**
 * The tokens that are in use, in memory (db/snapshot.ts): every request looks one up by its secret.
 *
 * A token is found by the hash of its secret, so the time of an answer says nothing of the secret itself. The database's clock
 * says when a token ends. Uses are noted, and stored now and then. A change of tokens is in force on this node before the call
 * returns, and all nodes are told with its COMMIT.
 */
import { Buffer } from 'node:buffer';
import { monotonicMs } from '../clock.ts';
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import { createSnapshot } from '../db/snapshot.ts';
import type { Change } from '../input/checked.ts';
import { hashOfSecret, isSecretLike } from './token-secret.ts';

export interface KnownToken {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  /** It only reads. */
  readonly isTenantSuspended: boolean;
}

export interface TokenCache {
  /** Null: no token of ours, or one that has ended. Rejects when the database must be asked in vain. */
  find(secret: string): Promise<KnownToken | null>;
  /** Whether the database need not be asked for it, and it was a token of ours; it may have ended. */
  isKnown(secret: string): boolean;
  /** Runs the work in a transaction. Only what was done is announced. */
  change<C extends Change<unknown>>(work: (transaction: SqlExecutor) => Promise<C>): Promise<C>;
  /** Call it when another node has changed a token, and when notices may have been missed. */
  dropAll(): void;
  /** Stores which tokens were used since it was last called. */
  storeUses(): Promise<void>;
}

/** A token in memory. */
export interface TokenEntry {
  readonly token: KnownToken;
  /** On `monotonicMs`; null: it has no end. */
  readonly endsAtMs: number | null;
}

/** On SETTINGS_CHANNEL: a token has changed. Changes are rare and reads cheap, so every entry is dropped. */
export const TOKEN_NOTICE = 'tokens';

/** Half a kilobyte each. */
const SNAPSHOT = { maxKnown: 10_000, maxUnknown: 10_000 };

export function createTokenCache(sql: Sql): TokenCache {
  const snapshot = createSnapshot({ ...SNAPSHOT, load: (hash) => readEntry(sql, hash) });
  const used = new Set<string>();
  return {
    async find(secret) {
      if (!isSecretLike(secret)) return null;
      const entry = await snapshot.find(keyOf(secret));
      if (entry === null || (entry.endsAtMs !== null && entry.endsAtMs <= monotonicMs())) return null;
      used.add(entry.token.id);
      return entry.token;
    },
    isKnown: (secret) => isSecretLike(secret) && snapshot.has(keyOf(secret)),
    async change(work) {
      try {
        const { result } = await sql.begin(async (transaction) => {
          const result = await work(transaction);
          if (result.kind === 'DONE') await transaction`select pg_notify(${SETTINGS_CHANNEL}, ${TOKEN_NOTICE})`;
          return { result };
        });
        return result;
      } finally {
        // Also when COMMIT's outcome is unknown: asking once more is cheap.
        snapshot.dropAll();
      }
    },
    dropAll: () => snapshot.dropAll(),
    async storeUses() {
      const ids = [...used];
      used.clear();
      if (ids.length > 0) await sql`update tokens set last_used_at = bmx_now() where id = any(${ids}::uuid[])`;
    },
  };
}

function keyOf(secret: string): string {
  return Buffer.from(hashOfSecret(secret)).toString('base64');
}

interface EntryRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly is_suspended: boolean;
  readonly lasts_ms: number | null;
}

function readEntry(sql: SqlExecutor, hash: string): Promise<TokenEntry | null> {
  const bytes = Buffer.from(hash, 'base64');
  const isSecret = sql`t.secret_hash = ${bytes} or t.previous_hash = ${bytes}`;
  return readOne(
    sql,
    isSecret,
    sql`least(t.expires_at, case when t.previous_hash = ${bytes} then t.previous_until end)`,
  );
}

/** The token of this id; null if it was revoked. */
export function readToken(sql: SqlExecutor, id: string): Promise<TokenEntry | null> {
  return readOne(sql, sql`t.id = ${id}::uuid`, sql`t.expires_at`);
}

async function readOne(sql: SqlExecutor, isMeant: SqlFragment, endsAt: SqlFragment): Promise<TokenEntry | null> {
  const [row] = await sql<EntryRow[]>`
    select t.id, t.tenant_id, t.name, t.prefix, t.scopes, tenants.suspended_at is not null as is_suspended,
           extract(epoch from ${endsAt} - bmx_now())::double precision * 1000 as lasts_ms
    from tokens t join tenants on tenants.id = t.tenant_id and tenants.deleted_at is null
    where ${isMeant}`;
  if (row === undefined) return null;
  const { id, tenant_id: tenantId, name, prefix, scopes, is_suspended: isTenantSuspended, lasts_ms: lastsMs } = row;
  return {
    token: { id, tenantId, name, prefix, scopes, isTenantSuspended },
    endsAtMs: lastsMs === null ? null : monotonicMs() + lastsMs,
  };
}

/** Scopes of a token. A right to change a thing holds the right to read it. */
export const SCOPES = [
  'SERVICE_READ',
  'SERVICE_WRITE',
  'TENANT_WRITE',
  'DOMAIN_READ',
  'DOMAIN_WRITE',
  'QUEUE_READ',
  'QUEUE_WRITE',
  'MESSAGE_CONTENT',
  'TOKEN_READ',
  'TOKEN_WRITE',
  'WEBHOOK_READ',
  'WEBHOOK_WRITE',
  'AUDIT_READ',
] as const;

export type Scope = (typeof SCOPES)[number];

const HOLDS: Partial<Readonly<Record<Scope, Scope>>> = {
  SERVICE_WRITE: 'SERVICE_READ',
  DOMAIN_WRITE: 'DOMAIN_READ',
  QUEUE_WRITE: 'QUEUE_READ',
  TOKEN_WRITE: 'TOKEN_READ',
  WEBHOOK_WRITE: 'WEBHOOK_READ',
};

/** Rights that reach over all tenants, so that only tokens of the operator's tenant may have them. */
export const OPERATOR_SCOPES: readonly Scope[] = ['SERVICE_READ', 'SERVICE_WRITE', 'TENANT_WRITE'];

/** The scopes among these, or held by them, that only read. */
export function readingScopes(scopes: readonly Scope[]): readonly Scope[] {
  return SCOPES.filter((scope) => scope.endsWith('_READ') && grants(scopes, scope));
}

/** Whether these scopes, or what they hold, include the one that is needed. */
export function grants(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.some((scope) => scope === needed || HOLDS[scope] === needed);
}
