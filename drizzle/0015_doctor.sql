-- The doctor: when each domain is looked at by itself, who is at it, and its last report.
-- Expand-only: a program of the schemas before works on with it.

alter table domains
  -- Spread over a day, so that a thousand domains added at once are not looked at at once.
  add column doctor_check_at timestamptz not null default bmx_now() + random() * interval '1 day',
  -- A node looks at it now; void from this instant on.
  add column doctor_busy_until timestamptz;
create index domains_doctor on domains (doctor_check_at) where status <> 'PENDING';

create table doctor_reports (
  domain_id uuid primary key references domains on delete cascade,
  tenant_id uuid not null,
  destination_id uuid not null,
  at timestamptz not null default bmx_now(),
  -- The worst of its findings.
  status text not null check (status in ('OK', 'WARNING', 'PROBLEM', 'UNKNOWN')),
  -- [{ code, verdict, title, evidence: [{ asked, answered }], advice }], in the order of the checks.
  findings jsonb not null
);
