/**
 * Mutations that may be repeated safely: a repetition with the same key within 24 hours gets the first answer again.
 *
 * Only what was done is remembered. A refusal has changed nothing, whether an input, the state of things or another server was
 * the reason. After that is corrected, a repetition with the same key is tried anew.
 * The key is reserved before the work and its answer stored after it. A node that dies between the two leaves a reservation
 * that another may take over after a minute; the work then runs once more, which does no harm.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { invalid, refused } from './checked.ts';

export interface IdempotentCall {
  /** The caller's own key; null or absent: not wanted, the work runs. */
  readonly key: string | null | undefined;
  readonly mutation: string;
  /** The input without its key, plain JSON. The same key with another input is the caller's mistake. */
  readonly input: unknown;
}

/** DONE is remembered, every other kind is not. Plain data. */
export interface Outcome {
  readonly kind: string;
  /** Told once and stored nowhere: a repetition gets none. */
  readonly secret?: string | null | undefined;
}

/** The key cannot be used: it has no valid form, belongs to another input, or its first request is still at work. */
export type KeyRefused = ReturnType<typeof refused>;

const MAX_KEY_LENGTH = 255;
/** How many forgotten keys each new one sweeps away: more than one, so the table does not grow. */
const SWEEP_COUNT = 20;

/** Runs the work once per key, and gives its answer again to whoever repeats it. */
export async function idempotent<T extends Outcome>(
  sql: SqlExecutor,
  viewer: Viewer,
  call: IdempotentCall,
  work: () => Promise<T>,
): Promise<T | KeyRefused> {
  const key = call.key ?? null;
  if (key === null) return work();
  if (key === '' || key.length > MAX_KEY_LENGTH || /[\u0000-\u001f\u007f]/.test(key) || !key.isWellFormed()) {
    return refuseKey(`An idempotencyKey has 1 to ${MAX_KEY_LENGTH} characters, none of them control characters.`);
  }
  const entry = { tenantId: viewer.tenantId, key, mutation: call.mutation, hash: hashOf(call) };
  const reservedAt = await reserve(sql, entry);
  return reservedAt === null ? recall(sql, entry) : finish(sql, { ...entry, reservedAt }, work);
}

interface Entry {
  readonly tenantId: string;
  readonly key: string;
  readonly mutation: string;
  readonly hash: Uint8Array;
}

interface Reserved extends Entry {
  /** The database's instant, as text with microseconds: whose reservation it is. */
  readonly reservedAt: string;
}

/** When the key became ours to work under: it is new, forgotten, or left over from a node that died. Null: it is not ours. */
async function reserve(sql: SqlExecutor, entry: Entry): Promise<string | null> {
  const [row] = await sql<{ reserved_at: string }[]>`
    insert into idempotency_keys (tenant_id, key, mutation, input_hash)
    values (${entry.tenantId}, ${entry.key}, ${entry.mutation}, ${entry.hash})
    on conflict (tenant_id, key) do update
      set mutation = excluded.mutation, input_hash = excluded.input_hash, payload = null, created_at = bmx_now()
      where idempotency_keys.created_at < bmx_now() - interval '24 hours'
         or (idempotency_keys.payload is null
             and idempotency_keys.input_hash = excluded.input_hash
             and idempotency_keys.created_at < bmx_now() - interval '1 minute')
    returning created_at::text as reserved_at`;
  return row?.reserved_at ?? null;
}

async function finish<T extends Outcome>(sql: SqlExecutor, entry: Reserved, work: () => Promise<T>): Promise<T> {
  try {
    const value = await work();
    if (value.kind !== 'DONE') {
      await release(sql, entry);
      return value;
    }
    await keep(sql, entry, writePlainJson({ ...value, secret: undefined }));
    await dropOldKeys(sql, SWEEP_COUNT);
    return value;
  } catch (error) {
    // A fault is no answer: whoever repeats it may try at once.
    await release(sql, entry);
    throw error;
  }
}

/** Also where another had taken the key over meanwhile, and has given it up: what was done was done. */
async function keep(sql: SqlExecutor, { tenantId, key, mutation, hash }: Entry, payload: string): Promise<void> {
  await sql`
    insert into idempotency_keys as k (tenant_id, key, mutation, input_hash, payload)
    values (${tenantId}, ${key}, ${mutation}, ${hash}, ${payload}::text::jsonb)
    on conflict (tenant_id, key) do update set payload = excluded.payload where k.input_hash = excluded.input_hash`;
}

/** Not the reservation of another that took the key over: what that one does must be remembered. */
async function release(sql: SqlExecutor, { tenantId, key, reservedAt }: Reserved): Promise<void> {
  await sql`
    delete from idempotency_keys
    where tenant_id = ${tenantId} and key = ${key} and payload is null and created_at = ${reservedAt}::text::timestamptz`;
}

/** Deletes up to `limit` keys that are forgotten. Any number of nodes may call it. */
export async function dropOldKeys(sql: SqlExecutor, limit: number): Promise<void> {
  await sql`
    delete from idempotency_keys where (tenant_id, key) in (
      select tenant_id, key from idempotency_keys
      where created_at < bmx_now() - interval '24 hours'
      order by created_at limit ${limit} for update skip locked)`;
}

async function recall<T extends Outcome>(sql: SqlExecutor, entry: Entry): Promise<T | KeyRefused> {
  const [row] = await sql<{ input_hash: Uint8Array; payload: unknown }[]>`
    select input_hash, payload from idempotency_keys
    where tenant_id = ${entry.tenantId} and key = ${entry.key}`;
  if (row !== undefined && Buffer.compare(row.input_hash, entry.hash) !== 0) {
    return refuseKey(
      'This idempotencyKey was used for another mutation or another input. Take a new key for each request.',
    );
  }
  if (row === undefined || row.payload === null) {
    const message = 'A request with this idempotencyKey is still at work. Repeat it in a moment.';
    return refused({ path: ['idempotencyKey'], message, code: 'CONFLICT' });
  }
  return revivePlainJson(row.payload) as T;
}

function hashOf(call: IdempotentCall): Uint8Array {
  return createHash('sha256')
    .update(`${call.mutation}\n${canonicalJson(call.input)}`)
    .digest();
}

/** JSON with its keys in order, so that the order in which a client writes its fields does not matter. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function refuseKey(message: string): KeyRefused {
  return refused(invalid(['idempotencyKey'], message, 'KEY_REUSED'));
}

const INSTANT_KEY = '$instant';

/**
 * JSON of plain objects, arrays, texts, numbers, booleans, nulls and Dates, as Postgres takes it for jsonb: a NUL and half a
 * character, which a sentence may have quoted, become replacement characters.
 */
function writePlainJson(value: unknown): string {
  return JSON.stringify(value, function writeInstant(this: Record<string, unknown>, key: string, inner: unknown) {
    const original = this[key];
    if (typeof inner === 'string' && !(original instanceof Date))
      return inner.toWellFormed().replaceAll('\0', '\uFFFD');
    return original instanceof Date ? { [INSTANT_KEY]: original.toISOString() } : inner;
  });
}

/** The value that was written, from JSON that has been parsed. */
function revivePlainJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revivePlainJson);
  if (typeof value !== 'object' || value === null) return value;
  if (INSTANT_KEY in value) return new Date(String(value[INSTANT_KEY]));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revivePlainJson(inner)]));
}
