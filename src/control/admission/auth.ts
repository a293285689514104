/**
 * Authentication: the bearer token of a request (RFC 6750 §2.1), or a browser's session, becomes a caller, or null.
 *
 * The operator token is compared by its hash in constant time; others are found by their hash. So neither a token nor its
 * length shows in how long an answer takes.
 */
import { Buffer } from 'node:buffer';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StartError, startTrouble } from '../../db/start-error.ts';
import type { AuditActor } from '../../events/audit.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../mail/viewer.ts';
import type { ConsoleSessions, SessionParent } from '../../tenants/console-sessions.ts';
import { type KnownToken, type Scope, SCOPES, type TokenCache } from '../../tenants/token-cache.ts';
import { hashOfSecret } from '../../tenants/token-secret.ts';

export interface Authentication {
  /** Reads a credential (credentialOf); null for none and for a wrong one. Rejects when the database must be asked in vain. */
  find(credential: string, clientAddress: string | null): Promise<Caller | null>;
  /** Whether it is the operator token, which is known without the database. */
  isOperator(credential: string): boolean;
  /** Whether a token or a session was found before, and is not known to have ended since. */
  isKnown(credential: string): boolean;
  /** The parent of the sessions that this caller opens. */
  parentOf(caller: Caller): SessionParent;
}

/** Whoever has the operator token; another one ends the sessions of the one before. */
export function operatorParent(operatorToken: string): SessionParent & { readonly kind: 'OPERATOR' } {
  const hash = Buffer.from(hashOfSecret(operatorToken)).toString('hex');
  return { kind: 'OPERATOR', key: hashOfSecret(`console:${hash}`) };
}

export function createAuthentication(
  operatorToken: string,
  tokens: Pick<TokenCache, 'find' | 'isKnown'>,
  sessions: Pick<ConsoleSessions, 'find' | 'isKnown'>,
): Authentication {
  const operatorHash = hashOfSecret(operatorToken);
  const operator = operatorParent(operatorToken);
  const isOperatorSecret = (secret: string): boolean => timingSafeEqual(hashOfSecret(secret), operatorHash);

  async function findSession(secret: string, clientAddress: string | null): Promise<Caller | null> {
    const session = await sessions.find(secret);
    if (session === null) return null;
    const { parent, scopes, id, timeZone } = session;
    if (parent.kind === 'OPERATOR' && !timingSafeEqual(parent.key, operator.key)) return null;
    const caller = callerOf(parent.kind === 'TOKEN' ? parent.token : null, clientAddress);
    return { ...caller, scopes, session: { id, timeZone } };
  }

  return {
    isOperator(credential) {
      const secret = secretOf(credential);
      return secret !== null && isOperatorSecret(secret);
    },
    isKnown(credential) {
      const secret = secretOf(credential);
      if (secret !== null) return isOperatorSecret(secret) || tokens.isKnown(secret);
      const session = sessionSecretOf(credential);
      return session !== null && sessions.isKnown(session);
    },
    async find(credential, clientAddress) {
      const session = sessionSecretOf(credential);
      if (session !== null) return findSession(session, clientAddress);
      const secret = secretOf(credential);
      if (secret === null) return null;
      if (isOperatorSecret(secret)) return callerOf(null, clientAddress);
      const token = await tokens.find(secret);
      return token === null ? null : callerOf(token, clientAddress);
    },
    parentOf({ actor: { token }, viewer: { tenantId }, scopes, isTenantSuspended }) {
      if (token === null) return operator;
      return { kind: 'TOKEN', token: { ...token, tenantId, scopes, isTenantSuspended } };
    },
  };
}

function secretOf(credential: string): string | null {
  return /^Bearer +([^\s]+) *$/i.exec(credential)?.[1] ?? null;
}

function sessionSecretOf(credential: string): string | null {
  return /^Session ([^\s]+)$/.exec(credential)?.[1] ?? null;
}

/** The answer to a request without a valid token, with status 401. */
export const UNAUTHENTICATED = {
  errors: [
    {
      message:
        'No valid token. Send the header "Authorization: Bearer TOKEN" with a token from tokenCreate that has not ended, or with the operator token; the service says at its start where that is.',
      extensions: { code: 'UNAUTHENTICATED' },
    },
  ],
};

/** On whose behalf a request is made: for which tenant, with which token and scopes, from where. */
export interface Caller {
  readonly viewer: Viewer;
  readonly scopes: readonly Scope[];
  /** Its mutations are refused. */
  readonly isTenantSuspended: boolean;
  /** As the audit log has it. */
  readonly actor: AuditActor;
  /** The browser's sign-in that the request came with; null: it came with a token. */
  readonly session: { readonly id: string; readonly timeZone: string } | null;
}

/** Null as the token: the operator token of the service itself. One of the operator's tenant speaks for all as well. */
export function callerOf(token: KnownToken | null, clientAddress: string | null): Caller {
  if (token === null) {
    const { tenantId } = OPERATOR_VIEWER;
    const actor = { tenantId, token: null, clientAddress };
    return { viewer: OPERATOR_VIEWER, scopes: SCOPES, isTenantSuspended: false, actor, session: null };
  }
  const { tenantId, scopes, isTenantSuspended, id, name, prefix } = token;
  return {
    viewer: { tenantId, isOperator: tenantId === OPERATOR_TENANT_ID, tokenName: name },
    scopes,
    isTenantSuspended,
    actor: { tenantId, token: { id, name, prefix }, clientAddress },
    session: null,
  };
}

export interface OperatorTokenSettings {
  readonly operatorToken: string | null;
  readonly dataDir: string;
}

/**
 * The operator token: from the environment, else from a file in DATA_DIR, which is made once with mode 0600.
 * Throws StartError with one line if the file cannot be had.
 */
export async function readOperatorToken({
  operatorToken,
  dataDir,
}: OperatorTokenSettings): Promise<{ token: string; file: string | null }> {
  if (operatorToken !== null) return { token: operatorToken, file: null };
  const file = join(resolve(dataDir), 'operator-token');
  try {
    await mkdir(resolve(dataDir), { recursive: true });
    if (!existsSync(file)) await makeTokenFile(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw startTrouble(`DATA_DIR: cannot write ${file}`, error);
    }
  }
  await chmod(file, 0o600);
  const token = (await readFile(file, 'utf8')).trim();
  if (token === '') throw new StartError(`DATA_DIR: ${file} is empty; delete it to have a new operator token made`);
  return { token, file };
}

/**
 * Whole or not at all, also on a disk that fills up. The link fails if the file is there: two nodes that start at once on one
 * folder agree on one token.
 */
async function makeTokenFile(file: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeFile(unfinished, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
    await link(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}
