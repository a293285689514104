/**
 * Sign-ins of the web console: links that hold once, and sessions in memory (db/snapshot.ts).
 *
 * A session speaks for the token that opened it, with a part of its scopes, and ends with it: it is not a token of its own, so it
 * is in no list of tokens and in no quota. It lasts twelve hours, and two without a request. Its secret, and the code of a link,
 * have 256 bits and are kept as hashes. A session is good on every node; its end is told to all with its COMMIT.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { monotonicMs } from '../clock.ts';
import type { Sql, SqlExecutor } from '../db/client.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import { createSnapshot } from '../db/snapshot.ts';
import { askedId, newId } from '../mail/id.ts';
import { grants, type KnownToken, readToken, type Scope, TOKEN_NOTICE } from './token-cache.ts';
import { hashOfSecret } from './token-secret.ts';

/** Hours from the sign-in. */
const LASTS_HOURS = 12;
/** Minutes without a request. */
const IDLE_MINUTES = 120;
/** Sessions of a token. Another one ends the one that was unused for longest. */
const MOST_SESSIONS = 20;
/** Links of a token that wait to be opened. */
const MOST_LINKS = 20;
const MARK = 'bms_';
const SECRET = /^bms_[A-Za-z0-9_-]{43}$/;
const SNAPSHOT = { maxKnown: 10_000, maxUnknown: 10_000 };

/** On whose behalf a session speaks. */
export type SessionParent =
  | { readonly kind: 'TOKEN'; readonly token: KnownToken }
  /** The operator token of the service, which is in no table: `key` says which one it was. */
  | { readonly kind: 'OPERATOR'; readonly key: Uint8Array };

export interface ConsoleSession {
  readonly id: string;
  readonly parent: SessionParent;
  /** Those that the parent still has. */
  readonly scopes: readonly Scope[];
  /** As the browser named it, such as `Europe/Vienna`. */
  readonly timeZone: string;
}

export interface SignIn {
  readonly parent: SessionParent;
  readonly scopes: readonly Scope[];
  readonly timeZone: string;
  readonly clientAddress: string | null;
}

export interface MadeLink {
  readonly code: string;
  readonly expiresAt: Date;
}

/** A session as its owner sees it. */
export interface ListedSession {
  readonly id: string;
  readonly startedAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly clientAddress: string | null;
}

export interface ConsoleSessions {
  /** Null: none of ours, or one that has ended. Rejects when the database must be asked in vain. */
  find(secret: string): Promise<ConsoleSession | null>;
  /** Whether it was found before, and is not known to have ended since. */
  isKnown(secret: string): boolean;
  /** Opens a session and returns its secret, once. */
  open(signIn: SignIn): Promise<string>;
  /** The open sessions of a parent, newest first. */
  list(parent: SessionParent): Promise<readonly ListedSession[]>;
  /** Ends one of a parent's sessions. False: it has none of this id. */
  end(parent: SessionParent, id: string): Promise<boolean>;
  /** Makes a link, and returns its code, once. */
  makeLink(link: Pick<SignIn, 'parent' | 'scopes'> & { readonly lastsSeconds: number }): Promise<MadeLink>;
  /** Opens the session of a link, which ends with that. Null: there is no such link, or no longer. */
  enter(code: string, from: Pick<SignIn, 'timeZone' | 'clientAddress'>): Promise<string | null>;
  /** Call it when another node has changed a session or a token, and when notices may have been missed. */
  dropAll(): void;
  /** Stores which sessions were used since it was last called, and deletes what has ended. */
  storeUses(): Promise<void>;
}

interface Entry {
  readonly session: ConsoleSession;
  /** On `monotonicMs`. */
  readonly endsAtMs: number;
  idleAtMs: number;
}

/** The address of a link. Its code comes after the #, which browsers send to no server. */
export function consoleLinkUrl(publicUrl: string, code: string): string {
  return `${publicUrl}/console/enter#${code}`;
}

/** Whether a text could be the secret of a session. */
function isSessionSecret(text: string): boolean {
  return SECRET.test(text);
}

export function createConsoleSessions(sql: Sql): ConsoleSessions {
  const snapshot = createSnapshot({ ...SNAPSHOT, load: (hash) => readEntry(sql, hash) });
  const used = new Set<string>();

  async function open({ parent, scopes, timeZone, clientAddress }: SignIn): Promise<string> {
    const secret = MARK + randomBytes(32).toString('base64url');
    const columns = columnsOf(parent);
    await sql.begin(async (transaction) => {
      await transaction`
        insert into console_sessions (id, secret_hash, token_id, operator_key, scopes, time_zone, client_address, expires_at)
        select ${newId()}, ${hashOfSecret(secret)}, ${columns.tokenId}, ${columns.operatorKey}, ${[...scopes]}, ${timeZone},
          ${clientAddress}::inet, least(bmx_now() + make_interval(hours => ${LASTS_HOURS}),
            (select expires_at from tokens where id = ${columns.tokenId}::uuid))`;
      await transaction`
        delete from console_sessions where id in (
          select id from console_sessions where ${isOf(transaction, parent)}
          order by last_used_at desc, id desc offset ${MOST_SESSIONS})`;
    });
    return secret;
  }

  return {
    async find(secret) {
      if (!isSessionSecret(secret)) return null;
      const entry = await snapshot.find(keyOf(secret));
      const now = monotonicMs();
      if (entry === null || Math.min(entry.endsAtMs, entry.idleAtMs) <= now) return null;
      entry.idleAtMs = now + IDLE_MINUTES * 60_000;
      used.add(entry.session.id);
      return entry.session;
    },
    isKnown: (secret) => isSessionSecret(secret) && snapshot.has(keyOf(secret)),
    open,
    list: (parent) => sql<ListedSession[]>`
      select id, started_at as "startedAt", last_used_at as "lastUsedAt", expires_at as "expiresAt",
        host(client_address) as "clientAddress"
      from console_sessions
      where ${isOf(sql, parent)} and expires_at > bmx_now() and last_used_at > bmx_now() - make_interval(mins => ${IDLE_MINUTES})
      order by started_at desc, id desc`,
    async end(parent, id) {
      try {
        return await sql.begin(async (transaction) => {
          const ended = await transaction`
            delete from console_sessions where ${isOf(transaction, parent)} and id = ${askedId(id)}::uuid returning id`;
          if (ended.length > 0) await transaction`select pg_notify(${SETTINGS_CHANNEL}, ${TOKEN_NOTICE})`;
          return ended.length > 0;
        });
      } finally {
        // Also when COMMIT's outcome is unknown: asking once more is cheap.
        snapshot.dropAll();
      }
    },
    async makeLink({ parent, scopes, lastsSeconds }) {
      const code = randomBytes(32).toString('base64url');
      const { tokenId, operatorKey } = columnsOf(parent);
      const expiresAt = await sql.begin(async (transaction) => {
        const [link] = await transaction<{ expiresAt: Date }[]>`
          insert into console_links (code_hash, token_id, operator_key, scopes, expires_at)
          values (${hashOfSecret(code)}, ${tokenId}, ${operatorKey}, ${[...scopes]}, bmx_now() + make_interval(secs => ${lastsSeconds}))
          returning expires_at as "expiresAt"`;
        await transaction`
          delete from console_links where code_hash in (
            select code_hash from console_links where ${isOf(transaction, parent)}
            order by expires_at desc offset ${MOST_LINKS})`;
        return link?.expiresAt ?? new Date(Number.NaN);
      });
      return { code, expiresAt };
    },
    async enter(code, from) {
      const [link] = await sql<{ token_id: string | null; operator_key: Uint8Array | null; scopes: Scope[] }[]>`
        delete from console_links where code_hash = ${hashOfSecret(code)} and expires_at > bmx_now()
        returning token_id, operator_key, scopes`;
      if (link === undefined) return null;
      const found = await readParent(sql, link);
      return found === null ? null : open({ ...from, parent: found.parent, scopes: link.scopes });
    },
    dropAll: () => snapshot.dropAll(),
    async storeUses() {
      const ids = [...used];
      used.clear();
      if (ids.length > 0)
        await sql`update console_sessions set last_used_at = bmx_now() where id = any(${ids}::uuid[])`;
      await sql`delete from console_sessions where expires_at < bmx_now()`;
      await sql`delete from console_links where expires_at < bmx_now()`;
    },
  };
}

function columnsOf(parent: SessionParent): {
  readonly tokenId: string | null;
  readonly operatorKey: Uint8Array | null;
} {
  return parent.kind === 'TOKEN'
    ? { tokenId: parent.token.id, operatorKey: null }
    : { tokenId: null, operatorKey: parent.key };
}

function isOf(sql: SqlExecutor, parent: SessionParent) {
  const { tokenId, operatorKey } = columnsOf(parent);
  return tokenId === null ? sql`operator_key = ${operatorKey}` : sql`token_id = ${tokenId}::uuid`;
}

interface Parent {
  readonly parent: SessionParent;
  /** On `monotonicMs`; null: it has no end. */
  readonly endsAtMs: number | null;
}

async function readParent(
  sql: SqlExecutor,
  row: { token_id: string | null; operator_key: Uint8Array | null },
): Promise<Parent | null> {
  if (row.operator_key !== null) return { parent: { kind: 'OPERATOR', key: row.operator_key }, endsAtMs: null };
  const entry = row.token_id === null ? null : await readToken(sql, row.token_id);
  return entry === null ? null : { parent: { kind: 'TOKEN', token: entry.token }, endsAtMs: entry.endsAtMs };
}

function keyOf(secret: string): string {
  return Buffer.from(hashOfSecret(secret)).toString('base64');
}

interface EntryRow {
  readonly id: string;
  readonly token_id: string | null;
  readonly operator_key: Uint8Array | null;
  readonly scopes: readonly Scope[];
  readonly time_zone: string;
  readonly lasts_ms: number;
  readonly idle_ms: number;
}

async function readEntry(sql: SqlExecutor, hash: string): Promise<Entry | null> {
  const [row] = await sql<EntryRow[]>`
    select id, token_id, operator_key, scopes, time_zone,
      extract(epoch from expires_at - bmx_now())::double precision * 1000 as lasts_ms,
      extract(epoch from last_used_at + make_interval(mins => ${IDLE_MINUTES}) - bmx_now())::double precision * 1000 as idle_ms
    from console_sessions where secret_hash = ${Buffer.from(hash, 'base64')}`;
  if (row === undefined) return null;
  const found = await readParent(sql, row);
  if (found === null) return null;
  const { parent } = found;
  const has = (scope: Scope): boolean => parent.kind === 'OPERATOR' || grants(parent.token.scopes, scope);
  const now = monotonicMs();
  return {
    session: { id: row.id, parent, scopes: row.scopes.filter(has), timeZone: row.time_zone },
    endsAtMs: Math.min(now + row.lasts_ms, found.endsAtMs ?? Infinity),
    idleAtMs: now + row.idle_ms,
  };
}
