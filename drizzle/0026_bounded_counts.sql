-- One counter for all that is bounded within a window: reports by mailbox, domain and signature, and the codes that are mailed to
-- alert contacts. It takes the place of report_counts and confirmation_counts.
-- Expand-only: those two stay for programs of the schemas before.

create table bounded_counts (
  -- What is counted, and for whom: an address, a domain, a tenant, a signature.
  kind text not null,
  subject text not null,
  window_ends_at timestamptz not null,
  count integer not null default 0,
  -- What was counted last, where one thing counts once.
  last_cause text,
  primary key (kind, subject)
) with (autovacuum_vacuum_scale_factor = 0.05);
create index bounded_counts_age on bounded_counts (window_ends_at);
