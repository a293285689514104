-- Shares of a drain that its owner grants to other nodes.
-- Expand-only: a program of the schemas before works on with it.

-- A row for each node that helps, as long as it may hold sessions. See decisions/0013.
create table drain_shares (
  destination_id uuid not null,
  tenant_id uuid not null,
  -- The hand that may use it.
  node integer not null,
  epoch bigint not null,
  -- Whose grant it is: void once that is no longer the owner.
  owner_epoch bigint not null,
  -- Sessions granted; 0: withdrawn.
  sessions integer not null check (sessions >= 0),
  -- Sessions that the helper has open or may open before it hears of less: none of these is anybody else's.
  held_sessions integer not null check (held_sessions >= sessions),
  -- What the helper tells, each since it took the share up.
  refusal_count integer not null default 0,
  judged_count integer not null default 0,
  is_taken boolean not null default false,
  is_declined boolean not null default false,
  -- By the database's own time, as the liveness of nodes: a service whose time is moved holds as many sessions as before.
  granted_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (destination_id, epoch)
);
