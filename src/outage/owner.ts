/**
 * Which node may try a destination: one owner at a time, named by (node, epoch).
 *
 * The owner alone dials, so the clock is kept by one hand; row claims are the second guard. Ownership of a dead node is
 * dropped by whoever finds it dead (cluster/nodes.ts).
 */
import type { Sql, SqlExecutor } from '../db/client.ts';

export interface Owner {
  readonly node: number;
  readonly epoch: number;
}

/** Takes the destination if no node has it; false when another node does. */
export async function takeOwnership(sql: Sql, destinationId: string, owner: Owner): Promise<boolean> {
  const rows = await sql`
    update destinations set owner_node = ${owner.node}, owner_epoch = ${owner.epoch}
    where id = ${destinationId} and (owner_node is null or (owner_node = ${owner.node} and owner_epoch = ${owner.epoch}))
    returning id`;
  return rows.length === 1;
}

/** Gives the destination up, if it is ours. */
export async function dropOwnership(sql: Sql, destinationId: string, owner: Owner): Promise<void> {
  await sql`
    update destinations set owner_node = null, owner_epoch = null
    where id = ${destinationId} and owner_node = ${owner.node} and owner_epoch = ${owner.epoch}`;
}

/** Frees what a dead node owned. */
export async function dropDeadOwnership(sql: SqlExecutor, dead: Owner): Promise<void> {
  await sql`
    update destinations set owner_node = null, owner_epoch = null
    where owner_node = ${dead.node} and owner_epoch = ${dead.epoch}`;
}

/** The nodes that own destinations. O(destinations owned). */
export async function findOwners(sql: Sql): Promise<Owner[]> {
  const rows = await sql<Owner[]>`
    select distinct owner_node as node, owner_epoch as epoch from destinations where owner_node is not null`;
  return [...rows];
}
