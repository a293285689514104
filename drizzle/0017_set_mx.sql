-- MX records that domainSetMx has added to the zones of domains: only these may it ever take away.
-- Expand-only: a program of the schemas before adds none.

create table mx_records (
  domain_id uuid not null references domains on delete cascade,
  tenant_id uuid not null,
  destination_id uuid not null,
  preference integer not null check (preference between 0 and 65535),
  host text not null,
  added_at timestamptz not null default bmx_now(),
  primary key (domain_id, preference, host)
);
