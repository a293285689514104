-- Tenants with quotas, and tokens that speak for them.
-- Expand-only: a program of the schemas before works on with it.

-- Null: no bound. Deleted tenants stay as rows, since history names them; their name is free again.
alter table tenants
  add column max_domains integer check (max_domains >= 0),
  add column max_recipient_entries integer check (max_recipient_entries >= 0),
  add column max_tokens integer check (max_tokens >= 0),
  add column revision integer not null default 1,
  add column deleted_at timestamptz;
create unique index tenants_name on tenants (lower(name)) where deleted_at is null;

-- What a token lets do, for whom. Only hashes of secrets are kept: nobody who reads this table can speak for anybody.
-- With the operator's tenant it sees all tenants. A row goes when its token is revoked; the record of it stays in events.
create table tokens (
  id uuid primary key,
  tenant_id uuid not null references tenants,
  name text not null,
  scopes text[] not null,
  -- The beginning of the secret, for people to know it by.
  prefix text not null,
  -- SHA-256.
  secret_hash bytea not null unique,
  -- The secret before the last rotation, while it is still taken.
  previous_prefix text,
  previous_hash bytea unique,
  previous_until timestamptz,
  expires_at timestamptz,
  last_used_at timestamptz,
  rotated_at timestamptz,
  created_at timestamptz not null default bmx_now()
);
create index tokens_tenant on tokens (tenant_id, id);
