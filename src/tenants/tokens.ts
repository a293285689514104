/**
 * Tokens: what speaks for a tenant, with which scopes, until when. Their secrets are told once, if who makes them has not chosen them, and kept as hashes.
 *
 * No one gives a token more than he has himself, nor a longer life. A rotation makes a new secret for the same token and lets the old one live on
 * for a while, so that a client can be changed without a gap. A change is in force on this node before the call returns, and
 * on the others within a second.
 */
import type { SqlExecutor } from '../db/client.ts';
import { type EventKind, recordEvent } from '../events/record.ts';
import { askedId, newId } from '../mail/id.ts';
import { narrowed, OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import {
  type Change,
  type Checked,
  checkTitle,
  errorsOf,
  invalid,
  refused,
  shown,
  type UserError,
} from '../input/checked.ts';
import { and, eq, getTableColumns, isAny, part, query, tenantOnly } from '../db/query.ts';
import { bmxNow, tokens } from '../db/schema.ts';
import { emptySlice, type PageRequest, readWalkOf, SETTINGS_COUNT_LIMIT, type Slice, underViewer } from '../db/walk.ts';
import { noSuchTenant } from '../domains/owner.ts';
import { checkQuota } from '../domains/quotas.ts';
import { grants, OPERATOR_SCOPES, type Scope, type TokenCache } from './token-cache.ts';
import { checkSecret } from './token-secret.ts';

export interface Token {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The beginning of its secret. */
  readonly prefix: string;
  /** The prefix of the secret before the last rotation, while that is still taken. */
  readonly previousPrefix: string | null;
  readonly previousUntil: Date | null;
  readonly expiresAt: Date | null;
  /** To the minute; null: never. */
  readonly lastUsedAt: Date | null;
  readonly rotatedAt: Date | null;
  readonly createdAt: Date;
}

/** The maker of a change of a token: viewer and own scopes. */
export interface TokenIssuer {
  readonly viewer: Viewer;
  readonly scopes: readonly Scope[];
  /** `token`: his own; null: the operator token of the service. */
  readonly actor: { readonly token: { readonly id: string } | null };
}

export interface TokenCreateInput {
  /** Absent or null: the issuer's own. */
  readonly tenantId?: string | null | undefined;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Absent or null: it has no end. */
  readonly expiresAt?: Date | null | undefined;
  /** Absent or null: one is made. */
  readonly secret?: string | null | undefined;
}

/** Absent fields stay as they are. */
export interface TokenUpdateInput {
  readonly id: string;
  /** Null: unchanged. */
  readonly name?: string | null | undefined;
  /** Null: unchanged. */
  readonly scopes?: readonly Scope[] | null | undefined;
  /** Null: it has no end. */
  readonly expiresAt?: Date | null | undefined;
}

export interface TokenRotateInput {
  readonly id: string;
  /** How long the old secret is taken beside the new one. */
  readonly overlapSeconds: number;
  /** Absent or null: one is made. */
  readonly secret?: string | null | undefined;
}

/** `secret`: what a new or rotated token is used with, told once, and only to who has not chosen it. */
export type TokenChange = Change<Token> & { readonly secret?: string | null };

/** A week: long enough for whoever has to change a secret by hand. */
const MAX_OVERLAP_SECONDS = 604_800;

const { secretHash: _hash, previousHash: _previous, ...SHOWN } = getTableColumns(tokens);
const IS_OVERLAPPING = part`${tokens.previousUntil} > bmx_now()`;

/** An overlap that has passed is left out. */
const COLUMNS = {
  ...SHOWN,
  scopes: part<readonly Scope[]>`${tokens.scopes}`,
  previousPrefix: part<string | null>`case when ${IS_OVERLAPPING} then ${tokens.previousPrefix} end`,
  previousUntil: part<Date | null>`case when ${IS_OVERLAPPING} then ${tokens.previousUntil} end`,
};

/** The viewer's token of that id. */
function isToken(viewer: Viewer, id: string) {
  return and(eq(tokens.id, askedId(id)), tenantOnly(tokens, viewer));
}

export async function findToken(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Token | null> {
  const [token] = await query(sql, (db) => db.select(COLUMNS).from(tokens).where(isToken(viewer, id)));
  return token ?? null;
}

async function findTokens(sql: SqlExecutor, viewer: Viewer, ids: readonly string[]): Promise<Map<string, Token>> {
  const isMeant = and(isAny(tokens.id, ids), tenantOnly(tokens, viewer));
  const found = await query(sql, (db) => db.select(COLUMNS).from(tokens).where(isMeant));
  return new Map(found.map((token) => [token.id, token]));
}

/** All that is given must hold. */
export interface TokenFilter {
  readonly tenantId?: string | null | undefined;
  /** Without regard to case. */
  readonly namePrefix?: string | null | undefined;
}

export interface TokenPageRequest extends PageRequest {
  readonly filter: TokenFilter;
}

const SCAN_LIMIT = 5_000;

/** In order of creation. */
export function listTokens(
  sql: SqlExecutor,
  viewer: Viewer,
  { filter, ...page }: TokenPageRequest,
): Promise<Slice<Token>> {
  const asked = narrowed(viewer, filter.tenantId);
  if (asked === null) return Promise.resolve(emptySlice());
  const prefix = filter.namePrefix?.trim().toLowerCase() ?? '';
  if (prefix.includes('\0')) return Promise.resolve(emptySlice());
  const walk = {
    table: sql`tokens`,
    range: { under: underViewer(sql, asked), isDescending: false },
    page,
    matches: prefix === '' ? [] : [sql`starts_with(lower(name), ${prefix})`],
    scanLimit: SCAN_LIMIT,
    countLimit: SETTINGS_COUNT_LIMIT,
  };
  return readWalkOf(sql, walk, (ids) => findTokens(sql, viewer, ids));
}

export function createToken(cache: TokenCache, issuer: TokenIssuer, input: TokenCreateInput): Promise<TokenChange> {
  return cache.change((transaction) => insertToken(transaction, issuer, input));
}

async function insertToken(sql: SqlExecutor, issuer: TokenIssuer, input: TokenCreateInput): Promise<TokenChange> {
  const { viewer } = issuer;
  const tenantId = (input.tenantId ?? viewer.tenantId).toLowerCase();
  const [tenant] = await sql<{ has_passed: boolean }[]>`
    select coalesce(${input.expiresAt ?? null}::timestamptz <= bmx_now(), false) as has_passed from tenants
    where id = ${askedId(tenantId)} and deleted_at is null and (${viewer.isOperator} or id = ${viewer.tenantId})
    for key share`;
  if (tenant === undefined) return refused(noSuchTenant(tenantId, 'tenantId'));
  const name = checkTitle(input.name, "A token's name");
  const rights = await rightsOf(sql, issuer);
  const scopes = checkScopes(rights, tenantId, input.scopes);
  const expiry = checkExpiry(input.expiresAt ?? null, tenant.has_passed, rights.expiresAt);
  const secret = await checkSecret(sql, input.secret ?? null);
  if (name.kind === 'BAD' || scopes.kind === 'BAD' || expiry.kind === 'BAD' || secret.kind === 'BAD') {
    return refused(...errorsOf(name, scopes, expiry, secret));
  }
  const tooMany = await checkQuota(sql, { tenantId, quota: 'tokens', more: 1, path: ['name'] });
  if (tooMany !== null) return refused(tooMany);
  const { told, prefix, hash } = secret.value;
  const [token] = await query(sql, (db) =>
    db
      .insert(tokens)
      .values({
        id: newId(),
        tenantId,
        name: name.value,
        scopes: [...scopes.value],
        prefix,
        secretHash: hash,
        expiresAt: expiry.value,
      })
      .returning(COLUMNS),
  );
  if (token === undefined) throw new Error('an insert returned no row');
  await record(sql, token, 'TOKEN_CREATED', { scopes: token.scopes, expiresAt: token.expiresAt });
  return { kind: 'DONE', object: token, secret: told };
}

/** In the order of the list of all, each once. */
function checkScopes(rights: Rights, tenantId: string, wanted: readonly Scope[]): Checked<readonly Scope[]> {
  const errors = wanted.flatMap((scope, index): UserError[] => {
    const path = ['scopes', String(index)];
    if (OPERATOR_SCOPES.includes(scope) && tenantId !== OPERATOR_TENANT_ID) {
      return [invalid(path, `${scope} is for tokens of the operator's tenant only.`, 'FORBIDDEN')];
    }
    if (grants(rights.scopes, scope)) return [];
    const message = `You cannot give ${scope}: your own token does not have it.`;
    return [{ path, message, code: 'FORBIDDEN' }];
  });
  if (wanted.length === 0)
    errors.push(invalid(['scopes'], 'Name at least one scope: without any, a token can do nothing.', 'REQUIRED'));
  return errors.length > 0 ? { kind: 'BAD', errors } : { kind: 'OK', value: [...new Set(wanted)] };
}

/** The limits of what the issuer may give away. */
interface Rights {
  readonly scopes: readonly Scope[];
  /** When the own token ends; null: never. */
  readonly expiresAt: Date | null;
}

/** As the database has them: the token may have been narrowed since the request was let in. One that was revoked ends now. */
async function rightsOf(sql: SqlExecutor, { viewer, scopes, actor }: TokenIssuer): Promise<Rights> {
  if (actor.token === null) return { scopes, expiresAt: null };
  return (await findToken(sql, viewer, actor.token.id)) ?? { scopes, expiresAt: new Date() };
}

function outlives(end: Date | null, own: Date | null): boolean {
  return own !== null && (end === null || end > own);
}

function checkExpiry(expiresAt: Date | null, hasPassed: boolean, own: Date | null): Checked<Date | null> {
  if (!hasPassed && outlives(expiresAt, own)) {
    const message = `Your own token ends at ${own?.toISOString()}, and a token that it makes may not live longer: give an expiresAt until then.`;
    return { kind: 'BAD', errors: [{ path: ['expiresAt'], message, code: 'FORBIDDEN' }] };
  }
  if (!hasPassed) return { kind: 'OK', value: expiresAt };
  return {
    kind: 'BAD',
    errors: [
      invalid(['expiresAt'], 'expiresAt lies in the past. Leave it out for a token without an end.', 'OUT_OF_RANGE'),
    ],
  };
}

/** Changes its name, scopes and end. Its secret stays. */
export function updateToken(cache: TokenCache, issuer: TokenIssuer, input: TokenUpdateInput): Promise<TokenChange> {
  return cache.change((transaction) => changeToken(transaction, issuer, input));
}

async function changeToken(sql: SqlExecutor, issuer: TokenIssuer, input: TokenUpdateInput): Promise<TokenChange> {
  const present = await lockToken(sql, issuer, input.id, 'change');
  if (present.kind === 'BAD') return refused(...present.errors);
  const { token: before, rights } = present.value;
  const name = checkTitle(input.name ?? before.name, "A token's name");
  const scopes = checkScopes(rights, before.tenantId, input.scopes ?? before.scopes);
  const expiry =
    input.expiresAt === undefined
      ? { kind: 'OK' as const, value: before.expiresAt }
      : checkExpiry(input.expiresAt, await isPast(sql, input.expiresAt), rights.expiresAt);
  if (name.kind === 'BAD' || scopes.kind === 'BAD' || expiry.kind === 'BAD') {
    return refused(...errorsOf(name, scopes, expiry));
  }
  const set = { name: name.value, scopes: [...scopes.value], expiresAt: expiry.value };
  const [token] = await query(sql, (db) =>
    db.update(tokens).set(set).where(eq(tokens.id, before.id)).returning(COLUMNS),
  );
  if (token === undefined) throw new Error('a locked token is gone');
  await record(sql, token, 'TOKEN_UPDATED', {
    before: { name: before.name, scopes: before.scopes, expiresAt: before.expiresAt },
    after: set,
  });
  return { kind: 'DONE', object: token };
}

async function isPast(sql: SqlExecutor, at: Date | null): Promise<boolean> {
  const [row] = await sql<{ is_past: boolean }[]>`select coalesce(${at}::timestamptz <= bmx_now(), false) as is_past`;
  return row?.is_past ?? false;
}

/** The viewer's token, locked until COMMIT. One that may do more than the issuer's, or lives longer, is not the issuer's to change. */
async function lockToken(
  sql: SqlExecutor,
  issuer: TokenIssuer,
  id: string,
  verb: 'change' | 'rotate',
): Promise<Checked<{ readonly token: Token; readonly rights: Rights }>> {
  const [token] = await query(sql, (db) =>
    db.select(COLUMNS).from(tokens).where(isToken(issuer.viewer, id)).for('update'),
  );
  if (token === undefined) return { kind: 'BAD', errors: [noSuchToken(id)] };
  const forbid = (message: string) => ({
    kind: 'BAD' as const,
    errors: [{ path: ['id'], message, code: 'FORBIDDEN' as const }],
  });
  const rights = await rightsOf(sql, issuer);
  const beyond = token.scopes.find((scope) => !grants(rights.scopes, scope));
  if (beyond !== undefined)
    return forbid(`You cannot ${verb} a token that has ${beyond}: your own token does not have it.`);
  if (outlives(token.expiresAt, rights.expiresAt)) {
    return forbid(`You cannot ${verb} a token that lives longer than your own.`);
  }
  return { kind: 'OK', value: { token, rights } };
}

/** How long the old secret of a token or a webhook is taken beside the new one; what is wrong with it. */
export function checkOverlap(seconds: number): UserError | null {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_OVERLAP_SECONDS) return null;
  return invalid(['overlap'], 'overlap is a number of whole seconds, PT0S to P7D.', 'OUT_OF_RANGE');
}

/** Makes a new secret for the token; the old one is accepted for a while. */
export function rotateToken(cache: TokenCache, issuer: TokenIssuer, input: TokenRotateInput): Promise<TokenChange> {
  return cache.change((transaction) => changeSecret(transaction, issuer, input));
}

async function changeSecret(
  sql: SqlExecutor,
  issuer: TokenIssuer,
  { id, overlapSeconds, secret: chosen = null }: TokenRotateInput,
): Promise<TokenChange> {
  const error = checkOverlap(overlapSeconds);
  if (error !== null) return refused(error);
  const present = await lockToken(sql, issuer, id, 'rotate');
  if (present.kind === 'BAD') return refused(...present.errors);
  const secret = await checkSecret(sql, chosen);
  if (secret.kind === 'BAD') return refused(...secret.errors);
  const { told, prefix, hash } = secret.value;
  const [token] = await query(sql, (db) =>
    db
      .update(tokens)
      .set({
        previousPrefix: tokens.prefix,
        previousHash: tokens.secretHash,
        previousUntil: part`bmx_now() + make_interval(secs => ${overlapSeconds})`,
        prefix,
        secretHash: hash,
        rotatedAt: bmxNow,
      })
      .where(eq(tokens.id, present.value.token.id))
      .returning(COLUMNS),
  );
  if (token === undefined) throw new Error('a locked token is gone');
  await record(sql, token, 'TOKEN_ROTATED', { overlapSeconds });
  return { kind: 'DONE', object: token, secret: told };
}

/** Ends the token at once. */
export function revokeToken(cache: TokenCache, viewer: Viewer, { id }: { readonly id: string }): Promise<TokenChange> {
  return cache.change((transaction) => removeToken(transaction, viewer, id));
}

async function removeToken(sql: SqlExecutor, viewer: Viewer, id: string): Promise<TokenChange> {
  const [token] = await query(sql, (db) => db.delete(tokens).where(isToken(viewer, id)).returning(COLUMNS));
  if (token === undefined) return refused(noSuchToken(id));
  await record(sql, token, 'TOKEN_REVOKED', { lastUsedAt: token.lastUsedAt });
  return { kind: 'DONE', object: token };
}

function noSuchToken(id: string): UserError {
  const message = `You have no token "${shown(id)}". The query "tokens" lists those you have.`;
  return { path: ['id'], message, code: 'NOT_FOUND' };
}

/** Never the secret, and not its hash. */
function record(
  sql: SqlExecutor,
  token: Token,
  kind: EventKind,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { tenantId, id, name, prefix } = token;
  return recordEvent(sql, {
    tenantId,
    destinationId: null,
    messageId: null,
    kind,
    facts: { tokenId: id, name, prefix, ...facts },
  });
}
