-- The doctor: domains found by their report, what each check said last when it knew, and how often nobody could be reached.
-- Expand-only: a program of the schemas before works on with it.

alter table doctor_reports
  -- { CODE: verdict }: the last that was not UNKNOWN, of checks that are UNKNOWN now; so that a problem that begins or ends behind one is told.
  add column last_known jsonb not null default '{}',
  -- Reports in a row for which neither the DNS nor the primary was reached.
  add column silent_count integer not null default 0;

-- For an operator, and counted by /metrics; for a tenant.
create index doctor_reports_status on doctor_reports (status, domain_id);
create index doctor_reports_tenant on doctor_reports (tenant_id, status, domain_id);
