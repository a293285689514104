/**
 * Rejections for the API: newest first, page by page.
 *
 * Every statement carries its viewer: a tenant sees refusals of its own domains' mail, the operator all. A page is walked by
 * id; where no index serves a filter, at most SCAN_LIMIT refusals are looked through before the page is handed out as it is.
 */
import { isIP } from 'node:net';
import type { SqlExecutor } from '../db/client.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { isId } from '../mail/id.ts';
import { narrowed, type Viewer } from '../mail/viewer.ts';
import { type SqlFragment, tenantCheck, type WordCondition, wordIs } from '../db/fragments.ts';
import { emptySlice, idsBetween, type PageRequest, type Range, readWalk, type Slice, underViewer } from '../db/walk.ts';

export interface RejectionView {
  /** The reference in the reply. */
  readonly id: string;
  readonly at: Date;
  /** `BMX-USER`. */
  readonly code: string;
  readonly reply: string;
  readonly command: string;
  readonly clientAddress: string | null;
  readonly ehloName: string;
  readonly reversePath: string | null;
  readonly recipient: string | null;
  readonly destinationId: string | null;
  readonly zone: string | null;
  readonly isDryRun: boolean;
}

/** All that is given must hold. */
export interface RejectionFilter {
  readonly id?: string | null | undefined;
  readonly domain?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly code?: WordCondition | null | undefined;
  /** An address, or a network as `192.0.2.0/24`. */
  readonly clientAddress?: string | null | undefined;
  /** Without regard to case. */
  readonly recipient?: string | null | undefined;
  /** Without regard to case. The empty string is the null reverse-path, or none. */
  readonly reversePath?: string | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
  readonly isDryRun?: boolean | null | undefined;
}

export interface RejectionPageRequest extends PageRequest {
  readonly filter: RejectionFilter;
}

/** Some ten milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 10_000;

export async function listRejections(
  sql: SqlExecutor,
  viewer: Viewer,
  page: RejectionPageRequest,
): Promise<Slice<RejectionView>> {
  const { domain = null, id: given = null } = page.filter;
  const id = given?.trim().toLowerCase() ?? null;
  const destinationId = domain === null ? null : await findDestinationId(sql, domain);
  const asked = narrowed(viewer, page.filter.tenantId);
  const isNever = (id !== null && !isId(id)) || (domain !== null && destinationId === null);
  const matches = isNever ? null : matchesOf(sql, page.filter);
  if (matches === null || asked === null) return emptySlice();
  return readWalk<RejectionView>(sql, {
    table: sql`rejections`,
    range: rangeOf(sql, asked, page.filter, { id, destinationId }),
    page,
    // Not by equality: the tenant's index must not be taken for one of its domains, which holds them all.
    scope: tenantCheck(sql, asked),
    matches,
    columns: sql`
      id, at, rejection as code, reply, command, host(client_address) as "clientAddress", ehlo_name as "ehloName",
      reverse_path as "reversePath", forward_path as recipient, destination_id as "destinationId", zone,
      is_dry_run as "isDryRun"`,
    scanLimit: SCAN_LIMIT,
  });
}

/** The part of an index to walk, newest first. */
function rangeOf(
  sql: SqlExecutor,
  viewer: Viewer,
  { since = null, until = null }: RejectionFilter,
  { id, destinationId }: { readonly id: string | null; readonly destinationId: string | null },
): Range {
  const only = id === null ? null : sql`${id}::uuid`;
  const ids = only === null ? idsBetween(sql, { since, until }) : { low: only, high: only };
  if (destinationId === null) return { under: id === null ? underViewer(sql, viewer) : null, ids, isDescending: true };
  return { under: { column: sql`destination_id`, value: sql`${destinationId}::uuid` }, ids, isDescending: true };
}

async function findDestinationId(sql: SqlExecutor, domain: string): Promise<string | null> {
  const name = normalizeDomain(domain.trim());
  if (name === null) return null;
  const [row] = await sql<{ id: string }[]>`select id from destinations where name = ${name}`;
  return row?.id ?? null;
}

/** The conditions that are checked row by row. Null if nothing can match. */
function matchesOf(sql: SqlExecutor, filter: RejectionFilter): SqlFragment[] | null {
  const {
    code = null,
    clientAddress = null,
    recipient = null,
    reversePath = null,
    since = null,
    until = null,
  } = filter;
  const network = clientAddress === null ? null : inetOf(clientAddress.trim());
  if (clientAddress !== null && network === null) return null;
  // No text of the database holds a NUL.
  if ([recipient, reversePath].some((text) => text?.includes('\0'))) return null;
  const matches: SqlFragment[] = [];
  if (code !== null) matches.push(wordIs(sql, sql`rejection`, code));
  if (network !== null) matches.push(sql`client_address <<= ${network}::text::inet`);
  if (recipient !== null) matches.push(sql`lower(forward_path) = lower(${recipient})`);
  if (reversePath !== null) matches.push(sql`lower(coalesce(reverse_path, '')) = lower(${reversePath})`);
  if (since !== null) matches.push(sql`at >= ${since}`);
  if (until !== null) matches.push(sql`at < ${until}`);
  const { isDryRun = null } = filter;
  if (isDryRun !== null) matches.push(sql`is_dry_run = ${isDryRun}`);
  return matches;
}

/** Null when the text is neither an address nor a network. */
function inetOf(text: string): string | null {
  const [, address = '', length = ''] = /^(?:::ffff:(?=[0-9.]+$))?([0-9a-fA-F.:]+)(\/[0-9]{1,3})?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(length.slice(1)) > (family === 4 ? 32 : 128)) return null;
  return `${address}${length}`;
}
