-- The outage engine: evidence, breaker, ramp, verbs in batches, TLS policies, reports. Expand-only.

-- -------------------------------------------------------------------------------------------------------- destinations

alter table destinations
  -- The last EHLO check between two attempts.
  add column checked_at timestamptz,
  -- CLOSED: as ever. TRIAL: an outage has ended, refusals of recipients known good are kept. OPEN: nothing is handed over.
  add column breaker text not null default 'CLOSED' check (breaker in ('CLOSED', 'TRIAL', 'OPEN')),
  add column breaker_since timestamptz,
  -- The refusal that opened it, verbatim.
  add column breaker_reply text,
  -- Messages judged in the present trial.
  add column trial_count integer not null default 0,
  -- A planned pause: from when to when. Null beginning: at once; null end: until resumed.
  add column pause_from timestamptz,
  add column pause_until timestamptz,
  -- Most messages a minute while it drains; null: no cap but what the primary bears.
  add column drain_per_minute integer check (drain_per_minute > 0),
  add column tls_policy text not null default 'OPPORTUNISTIC'
    check (tls_policy in ('NONE', 'OPPORTUNISTIC', 'REQUIRED', 'VERIFIED')),
  -- Conditions of the primary, as last met.
  add column greylisting_at timestamptz,
  add column tarpitting_at timestamptz,
  -- How fast it drains, as its owner measured last.
  add column drain_rate real,
  add column drain_measured_at timestamptz;

alter table domains
  add column tls_policy text not null default 'OPPORTUNISTIC'
    check (tls_policy in ('NONE', 'OPPORTUNISTIC', 'REQUIRED', 'VERIFIED')),
  add column drain_per_minute integer check (drain_per_minute > 0),
  -- Networks whose hosts may ask for the domain's mail by ETRN.
  add column etrn_clients jsonb not null default '[]',
  -- Senders are told of a delay although they did not ask (NOTIFY=DELAY).
  add column delay_reports boolean not null default false;

-- ------------------------------------------------------------------------------------------------------------- outages

alter table outages
  -- [{ at, trouble, host, address, reply, latencyMs }]: what its class rests on, the newest last, a few.
  add column evidence jsonb not null default '[]',
  -- The greatest threshold of its age that was told of, in hours.
  add column threshold_hours integer,
  -- Messages held when it ended, and when the last of them was gone.
  add column held_at_end bigint,
  add column drained_at timestamptz;

-- --------------------------------------------------------------------------------------------------------------- queue

-- A recipient known good that was refused for good: kept until a second refusal confirms it.
alter table recipients
  add column suspected_at timestamptz,
  add column suspected_reply text;

-- A verb on many messages, carried out in batches.
create table operations (
  id uuid primary key,
  tenant_id uuid not null,
  destination_id uuid not null,
  verb text not null check (verb in ('RETRY', 'CANCEL', 'BOUNCE')),
  -- As the API takes it.
  filter jsonb not null,
  reason text not null,
  -- RUNNING, DONE, or STOPPED when its domain is gone.
  state text not null default 'RUNNING' check (state in ('RUNNING', 'DONE', 'STOPPED')),
  total_count bigint not null,
  done_count bigint not null default 0,
  -- The last message looked at.
  position uuid,
  created_at timestamptz not null default bmx_now(),
  ended_at timestamptz
);
create index operations_running on operations (id) where state = 'RUNNING';
create index operations_tenant on operations (tenant_id, id);
create index operations_destination on operations (destination_id, id);

-- ----------------------------------------------------------------------------------------------------------------- TLS

-- Policies of recipient domains (RFC 8461), kept until max_age is over.
create table mta_sts_policies (
  domain text primary key,
  -- Of the TXT record that led to it.
  policy_id text not null,
  mode text not null check (mode in ('enforce', 'testing', 'none')),
  mx text[] not null,
  fetched_at timestamptz not null default bmx_now(),
  expires_at timestamptz not null
);
create index mta_sts_policies_expiry on mta_sts_policies (expires_at);

-- ------------------------------------------------------------------------------------------------------------- reports

-- How many reports an address was sent lately: nobody is flooded with them.
create table report_counts (
  address text primary key,
  window_began_at timestamptz not null default bmx_now(),
  report_count integer not null default 0
);
create index report_counts_age on report_counts (window_began_at);

-- ------------------------------------------------------------------------------------------------------------- service

-- Since when most destinations fail at once, so that the fault must be ours; null: it is not so. Nothing expires meanwhile.
alter table service_presence
  add column own_trouble_since timestamptz;
