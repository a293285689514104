-- What came, went and was refused in steps of time, for plots and figures: a row for each step in which something happened.
-- Written in groups, where counts are folded, so an accepted message pays nothing for it.
-- Expand-only: deltas of a node of the schema before do not say how mail ended.

alter table queue_delta
  add column delivered_count integer not null default 0,
  add column failed_count integer not null default 0,
  add column expired_count integer not null default 0,
  add column cancelled_count integer not null default 0,
  add column attempt_count integer not null default 0,
  add column deferral_count integer not null default 0;

create table flow_slots (
  -- A destination, a tenant, or the whole service (stats/slots.ts).
  subject_id uuid not null,
  tenant_id uuid not null,
  step_minutes smallint not null,
  began_at timestamptz not null,
  accepted_count bigint not null,
  accepted_bytes bigint not null,
  ended_count bigint not null,
  ended_bytes bigint not null,
  delivered_count bigint not null,
  failed_count bigint not null,
  expired_count bigint not null,
  cancelled_count bigint not null,
  attempt_count bigint not null,
  deferral_count bigint not null,
  primary key (subject_id, tenant_id, step_minutes, began_at)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index flow_slots_age on flow_slots (step_minutes, began_at);

create table rejection_slots (
  subject_id uuid not null,
  tenant_id uuid not null,
  step_minutes smallint not null,
  began_at timestamptz not null,
  code text not null,
  -- Empty: not by a DNS list.
  zone text not null,
  is_dry_run boolean not null,
  rejection_count bigint not null,
  primary key (subject_id, tenant_id, step_minutes, began_at, code, zone, is_dry_run)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index rejection_slots_age on rejection_slots (step_minutes, began_at);
