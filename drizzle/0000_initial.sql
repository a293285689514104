-- The first schema of Backup MX. Expand-only from here on: never edited once landed, later files add.
--
-- Rooms: time and limits, settings, nodes, destinations and outages, the queue (hot), its record (partitioned by day).
-- Every owned table carries tenant_id and destination_id. Ids are UUIDv7, so a range of ids is a range of time.
-- Hot statements touch one destination each. No trigger stands on a table that holds content, no foreign key on a hot one.

-- What a program must know to work with this database: it refuses to start below minimum_version (count of migrations).
create table schema_requirements (
  only_row boolean primary key default true check (only_row),
  minimum_version integer not null
);
insert into schema_requirements (minimum_version) values (1);

-- ---------------------------------------------------------------------------------------------------------------- time

-- How far the service's time is moved from real time: by tests and drills, in production never. A function with a constant
-- and not a table, so that bmx_now() costs nothing: the planner puts both into the statement. `update clock` redefines it.
create function clock_shift() returns interval
  language sql stable parallel safe
  as $$ select interval '0' $$;

create table clock (
  only_row boolean primary key default true check (only_row),
  shift interval not null default interval '0'
);
insert into clock default values;

create function redefine_clock_shift() returns trigger
  language plpgsql
  as $body$
  begin
    execute format(
      'create or replace function clock_shift() returns interval language sql stable parallel safe as $$ select interval %L $$',
      new.shift);
    return null;
  end
  $body$;
create trigger clock_moved after update on clock for each row execute function redefine_clock_shift();

-- The one clock of all stored instants and comparisons. The instant of the statement, so one statement sees one time.
create function bmx_now() returns timestamptz
  language sql stable parallel safe
  as $$ select statement_timestamp() + clock_shift() $$;

-- RFC 9562: the smallest UUID whose millisecond is `at`. Bounds of partitions and of searches by time.
create function uuid_floor(at timestamptz) returns uuid
  language sql immutable parallel safe
  as $$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid $$;

-- A UUIDv7 of this instant, for rows that a statement makes by itself. Others bring theirs.
create function new_id() returns uuid
  language sql volatile parallel safe
  as $$
    select (left(replace(uuid_floor(clock_timestamp())::text, '-', ''), 12)
      || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
  $$;

-- -------------------------------------------------------------------------------------------------------------- limits

-- Bytes of one message as received. 10 MB = 10 × 1024 × 1024. The ceiling for the row below and for every message.
create domain message_size as bigint check (value between 0 and 10485760);

create table queue_limits (
  only_row boolean primary key default true check (only_row),
  message_size_limit_bytes message_size not null default 10485760 check (message_size_limit_bytes >= 1024),
  lifetime interval not null default interval '240 hours' check (lifetime > interval '0')
);
insert into queue_limits default values;

-- After a failure: `attempts` tries, `every` apart, stage after stage. The last stage goes on until the mail expires.
create table retry_schedule (
  stage smallint primary key,
  every interval not null check (every > interval '0'),
  attempts integer not null check (attempts > 0)
);
insert into retry_schedule (stage, every, attempts) values
  (1, interval '15 minutes', 96),
  (2, interval '1 hour', 96),
  (3, interval '2 hours', 60);

-- The first instant of the grid anchored at `first_failure_at` that lies after `at`. Seconds throughout: no DST, no days.
create function next_attempt(first_failure_at timestamptz, at timestamptz) returns timestamptz
  language sql stable parallel safe
  as $$
    with stages as (
      select stage,
             extract(epoch from every) as every,
             coalesce(sum(extract(epoch from every) * attempts)
                        over (order by stage rows between unbounded preceding and 1 preceding), 0) as begins
      from retry_schedule
    ), elapsed as (
      select greatest(extract(epoch from at - first_failure_at), 0) as seconds
    )
    select first_failure_at
             + make_interval(secs => (begins + every * (floor((seconds - begins) / every) + 1))::double precision)
    from stages cross join elapsed
    where begins <= seconds
    order by stage desc
    limit 1
  $$;

-- ------------------------------------------------------------------------------------------------------------ settings

create table tenants (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null default bmx_now()
);
insert into tenants (id, name) values ('00000000-0000-7000-8000-000000000001', 'operator');

-- A next-hop domain: the clock of its retries, the owner node, the exact count of what it holds.
-- Outlives the relay domain of its name, so that deleting and adding a domain neither loses mail nor resets a clock.
create table destinations (
  id uuid primary key,
  tenant_id uuid not null references tenants,
  name text not null unique check (name = lower(name)),
  -- RELAY: a domain we back up. INTERNAL: where our own reports go; has no outage object.
  kind text not null check (kind in ('RELAY', 'INTERNAL')),
  -- [{ "host": text, "port": integer }]; empty: the MX records decide.
  deliver_to jsonb not null default '[]',
  -- Grows with every change of the route: a refusal by an old route is a deferral.
  route_generation integer not null default 1,
  is_paused boolean not null default false,
  flush_requested_at timestamptz,
  hold_extension interval not null default interval '0',
  -- Folded from queue_delta; exact only together with the rows not yet folded.
  held_count bigint not null default 0,
  held_bytes bigint not null default 0,
  -- The clock. Null first_failure_at: no failure at host level since the last success.
  first_failure_at timestamptz,
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  last_reply text,
  outage_id uuid,
  -- Id of the message that was tried last while the outage is open: the next attempt takes another.
  probe_cursor uuid,
  -- Which node may probe and claim; void when that node's epoch is gone.
  owner_node integer,
  owner_epoch bigint,
  created_at timestamptz not null default bmx_now()
) with (fillfactor = 50);
create index destinations_tenant on destinations (tenant_id, name);
create index destinations_flush on destinations (id) where flush_requested_at is not null;
create index destinations_owner on destinations (owner_node) where owner_node is not null;

create table domains (
  id uuid primary key,
  tenant_id uuid not null references tenants,
  destination_id uuid not null references destinations,
  name text not null check (name = lower(name)),
  status text not null check (status in ('PENDING', 'ACTIVE', 'SUSPENDED')),
  deliver_to jsonb not null default '[]',
  -- { key: value }, all text.
  labels jsonb not null default '{}',
  revision integer not null default 1,
  created_at timestamptz not null default bmx_now(),
  updated_at timestamptz not null default bmx_now(),
  unique (tenant_id, name)
);
-- Several tenants may claim a domain; one is served.
create unique index domains_served on domains (name) where status <> 'PENDING';
create index domains_destination on domains (destination_id);

-- Answers of mutations by idempotency key, kept 24 hours.
create table idempotency_keys (
  tenant_id uuid not null references tenants,
  key text not null check (length(key) between 1 and 255),
  mutation text not null,
  -- SHA-256 of the input: the same key with another input is an error of the caller.
  input_hash bytea not null,
  payload jsonb,
  created_at timestamptz not null default bmx_now(),
  primary key (tenant_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

-- --------------------------------------------------------------------------------------------------------------- nodes

-- A node lives while it holds the advisory lock of its epoch, and beats. Claims and ownership name (node, epoch).
create table nodes (
  node integer generated always as identity primary key,
  epoch bigint not null unique,
  name text not null,
  version text not null,
  runtime text not null,
  roles text[] not null,
  backend_pid integer not null,
  started_at timestamptz not null default bmx_now(),
  last_seen_at timestamptz not null default bmx_now(),
  -- Real time, which tests do not move: a node that has not beaten for long is hung or cut off.
  beat_at timestamptz not null default clock_timestamp()
);
create sequence node_epochs;

-- Since when the service has been at work after having been away for long. Nothing expires in the first round after.
create table service_presence (
  only_row boolean primary key default true check (only_row),
  last_seen_at timestamptz,
  resumed_at timestamptz
);
insert into service_presence default values;

-- ------------------------------------------------------------------------------------------------------------- outages

create table outages (
  id uuid primary key,
  tenant_id uuid not null,
  destination_id uuid not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  class text not null check (class in
    ('DOWN', 'BLOCKING', 'GREYLISTING', 'RATE_LIMITING', 'TARPITTING', 'MISCONFIGURED', 'DNS_BROKEN')),
  last_reply text not null,
  attempt_count integer not null default 1
);
create unique index outages_open on outages (destination_id) where ended_at is null;
create index outages_destination on outages (destination_id, id);
create index outages_tenant on outages (tenant_id, id);

-- --------------------------------------------------------------------------------------------------------------- queue

-- One accepted transaction × one destination. Only what is not yet ended; the ended go to history.
-- The first destination's message has the transaction's id, each further one the next id: so the messages of a
-- transaction are a short range of the primary key.
create table messages (
  id uuid primary key,
  transaction_id uuid not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  -- Null: the null reverse-path.
  reverse_path text,
  size_bytes message_size not null,
  client_address inet,
  client_name text,
  ehlo_name text not null,
  protocol text not null,
  tls text,
  is_smtp_utf8 boolean not null default false,
  body text,
  ret text,
  envelope_id text,
  -- MAIL: accepted from a client. REPORT: a DSN of ours.
  kind text not null default 'MAIL' check (kind in ('MAIL', 'REPORT')),
  accepted_at timestamptz not null default bmx_now(),
  next_attempt_at timestamptz not null default bmx_now(),
  -- The message's own clock, for deferrals that are not the destination's trouble.
  first_failure_at timestamptz,
  -- When it was last taken for an attempt; an attempt begun at or after expiry is the final one.
  claimed_at timestamptz,
  claimed_by integer,
  claim_epoch bigint,
  -- Nodes that died with this message in hand.
  deaths smallint not null default 0
) with (
  fillfactor = 85,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0
);
create index messages_due on messages (destination_id, next_attempt_at, id);
-- By age, oldest or newest first.
create index messages_age on messages (destination_id, id);
create index messages_claim on messages (claimed_by, claim_epoch) where claimed_by is not null;

create table recipients (
  message_id uuid not null,
  number smallint not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  address text not null,
  state text not null default 'HELD' check (state in ('HELD', 'DELIVERED', 'FAILED', 'EXPIRED', 'CANCELLED')),
  attempt_count integer not null default 0,
  last_reply text,
  last_attempt_at timestamptz,
  ended_at timestamptz,
  -- RFC 3461: comma list, empty when not given; ORCPT in xtext.
  notify text not null default '',
  original_recipient text,
  primary key (message_id, number)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index recipients_address on recipients (destination_id, lower(address), message_id);

-- Changes of what a destination holds, appended by accept and outcome, folded into destinations once a second.
create table queue_delta (
  destination_id uuid not null,
  tenant_id uuid not null,
  held_count integer not null,
  held_bytes bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index queue_delta_destination on queue_delta (destination_id);

-- A failed or expired recipient's report that is still to be made (or suppressed, with an event).
create table reports_due (
  id uuid primary key,
  tenant_id uuid not null,
  destination_id uuid not null,
  message_id uuid not null,
  transaction_id uuid not null,
  -- What the report says: envelope, recipients with their last reply, times. See queue/reports.ts.
  facts jsonb not null,
  header_section bytea not null,
  next_attempt_at timestamptz not null default bmx_now(),
  attempts smallint not null default 0,
  created_at timestamptz not null default bmx_now()
);
create index reports_due_next on reports_due (next_attempt_at, id);

-- -------------------------------------------------------------------------------------------- partitioned by id, a day

-- The section before the content is our Received field; bytes are kept as they go out, but for the dots.
create table contents (
  message_id uuid not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  content bytea not null,
  primary key (message_id)
) partition by range (message_id);
alter table contents alter column content set storage external;

create table attempts (
  id uuid not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  message_id uuid not null,
  recipient_numbers smallint[] not null,
  is_host_level boolean not null,
  at timestamptz not null default bmx_now(),
  host text,
  address text,
  tls text,
  reply text not null,
  outcome text not null check (outcome in ('DELIVERED', 'DEFERRED', 'FAILED')),
  latency_ms integer not null,
  primary key (id)
) partition by range (id);
create index attempts_message on attempts (message_id, id);
create index attempts_host_level on attempts (destination_id, id) where is_host_level;

create table history (
  id uuid not null,
  transaction_id uuid not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  reverse_path text,
  size_bytes message_size not null,
  client_address inet,
  ehlo_name text not null,
  kind text not null,
  accepted_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz not null default bmx_now(),
  -- [{ number, address, state, attemptCount, lastReply, lastAttemptAt, endedAt }]
  recipients jsonb not null,
  primary key (id)
) partition by range (id);
create index history_destination on history (destination_id, id);
create index history_tenant on history (tenant_id, id);

create table events (
  id uuid not null,
  tenant_id uuid not null,
  destination_id uuid,
  message_id uuid,
  at timestamptz not null default bmx_now(),
  kind text not null,
  facts jsonb not null default '{}',
  primary key (id)
) partition by range (id);
create index events_tenant on events (tenant_id, id);
create index events_destination on events (destination_id, id);

-- The last guard: a row of a day without a partition is kept, never refused.
create table contents_rest partition of contents default;
create table attempts_rest partition of attempts default;
create table history_rest partition of history default;
create table events_rest partition of events default;

-- Makes the partitions of the days from `first_day` to `last_day` (UTC, both included) that are not there yet.
-- A day whose rows already lie in the rest table is left there.
create function make_partitions(first_day date, last_day date) returns integer
  language plpgsql
  as $$
  declare
    parent text;
    day date;
    made integer := 0;
  begin
    foreach parent in array array['contents', 'attempts', 'history', 'events'] loop
      for day in select generate_series(first_day, last_day, interval '1 day')::date loop
        if to_regclass(format('%I', parent || '_' || to_char(day, 'YYYYMMDD'))) is null then
          begin
            execute format('create table %I partition of %I for values from (%L) to (%L)',
              parent || '_' || to_char(day, 'YYYYMMDD'), parent,
              uuid_floor(day::timestamp at time zone 'UTC'), uuid_floor((day + 1)::timestamp at time zone 'UTC'));
            made := made + 1;
          exception when check_violation or duplicate_table then
            null;
          end;
        end if;
      end loop;
    end loop;
    return made;
  end
  $$;

select make_partitions((clock_timestamp() at time zone 'UTC')::date - 1, (clock_timestamp() at time zone 'UTC')::date + 3);
