-- Domains that another tenant has got. For some time after that a node may still write for the tenant of before: what it has
-- accepted or refused in a session that began earlier. Such rows are moved after it (src/queue/verbs/transfer.ts).
-- Expand-only: a program of the schemas before neither moves a domain nor knows of one that has moved.
create table domain_transfers (
  destination_id uuid not null,
  from_tenant_id uuid not null,
  tenant_id uuid not null,
  at timestamptz not null default bmx_now(),
  primary key (destination_id, from_tenant_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
