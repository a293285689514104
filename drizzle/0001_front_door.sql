-- The front door: User Lists, call-aheads, DNSBLs, refusals. Expand-only: a program of the first schema works on with it.

-- ------------------------------------------------------------------------------------------------------------ settings

alter table domains
  -- The User List, as counted in recipient_entries. The generation grows with every change of it.
  add column recipient_count integer not null default 0 check (recipient_count between 0 and 1000000),
  add column recipient_generation integer not null default 0,
  -- One character: what follows it in a local part is not looked at. Null: local parts are compared whole.
  add column recipient_delimiter text check (length(recipient_delimiter) = 1),
  -- Whether the primary is asked about a recipient before it is accepted.
  add column call_aheads boolean not null default true,
  -- A recipient of whom nothing is known while the primary does not answer.
  add column unknown_while_down text not null default 'ACCEPT'
    check (unknown_while_down in ('ACCEPT', 'DEFER_THEN_ACCEPT', 'DEFER')),
  add column unknown_defer_hours smallint not null default 4 check (unknown_defer_hours between 1 and 240),
  -- { zones: [{ zone, mode, weight, codes }], threshold, allowZones: [{ zone, codes }], allowedClients: [network] }
  add column dnsbl jsonb not null default '{}';

-- One local part of a User List in its one form: lower case, NFC, unquoted; `*` stands for any characters. No foreign key:
-- checking a million rows one by one is the price of it; settings/domain-delete.ts takes them along.
create table recipient_entries (
  domain_id uuid not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  local_part text not null check (length(local_part) between 1 and 64),
  primary key (domain_id, local_part)
);
create index recipient_entries_patterns on recipient_entries (domain_id, local_part) where local_part like '%*%';

-- --------------------------------------------------------------------------------------- what is known of a recipient

-- What callouts and deliveries have shown of an address, by local part in its one form.
create table recipient_answers (
  destination_id uuid not null,
  tenant_id uuid not null,
  local_part text not null,
  -- The last 2yz behind DATA: known good for 90 days.
  delivered_at timestamptz,
  -- The last word of a callout; null before the first.
  answer text check (answer in ('POSITIVE', 'NEGATIVE')),
  answered_at timestamptz,
  -- From here on asked anew behind the sender's back; the answer holds until it expires.
  refresh_at timestamptz,
  expires_at timestamptz,
  -- Verbatim, for the operator; never told to a sender.
  reply text,
  -- The first refusal of a recipient known good, which a second has to confirm.
  suspected_at timestamptz,
  -- From when on the row tells nothing.
  forget_at timestamptz not null,
  primary key (destination_id, local_part)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
create index recipient_answers_forget on recipient_answers (forget_at);

-- What sessions with a destination's primary have shown.
create table primaries (
  destination_id uuid primary key,
  tenant_id uuid not null,
  -- SIZE as the primary offered it last (RFC 1870); null when it named none.
  size_limit_bytes bigint,
  size_seen_at timestamptz,
  -- Whether it took a recipient that cannot exist.
  is_catch_all boolean,
  catch_all_tested_at timestamptz,
  -- The last refusal by policy that a callout met: the primary turns us away.
  blocked_at timestamptz,
  blocked_reply text
);

-- How many more probes a primary's host may be sent, by all nodes together.
create table probe_budgets (
  host text primary key,
  tokens real not null,
  refilled_at timestamptz not null default bmx_now()
);

-- ------------------------------------------------------------------------------------------------------------- clients

-- A zone as the self-test found it last (RFC 5782 §5).
create table dnsbl_zones (
  zone text primary key,
  is_on boolean not null default true,
  -- Why it is off, or what it answered oddly; null when all is well.
  reason text,
  checked_at timestamptz,
  changed_at timestamptz not null default bmx_now()
);

create table dnsbl_counts (
  destination_id uuid not null,
  tenant_id uuid not null,
  zone text not null,
  day date not null,
  checked_count bigint not null default 0,
  listed_count bigint not null default 0,
  primary key (destination_id, zone, day)
);
create index dnsbl_counts_day on dnsbl_counts (day);

-- Networks whose clients waited for the greeting once (GREETING_WAIT).
create table seen_clients (
  network inet primary key,
  last_seen_at timestamptz not null default bmx_now()
);
create index seen_clients_age on seen_clients (last_seen_at);

-- ----------------------------------------------------------------------------------------------------------- refusals

-- What was refused before it was accepted; a day each, dropped behind. The id stands in the reply as its reference.
create table rejections (
  id uuid not null,
  -- Null when no relay domain was concerned.
  tenant_id uuid,
  destination_id uuid,
  at timestamptz not null default bmx_now(),
  client_address inet,
  ehlo_name text not null,
  command text not null,
  -- Null is the null reverse-path, or none yet.
  reverse_path text,
  forward_path text,
  rejection text not null,
  reply text not null,
  -- The DNSBL zone that listed the client.
  zone text,
  -- It would have been refused, had the zone not been on trial.
  is_dry_run boolean not null default false,
  primary key (id)
) partition by range (id);
create index rejections_tenant on rejections (tenant_id, id);
create index rejections_destination on rejections (destination_id, id);
create table rejections_rest partition of rejections default;

create or replace function make_partitions(first_day date, last_day date) returns integer
  language plpgsql
  as $$
  declare
    parent text;
    day date;
    made integer := 0;
  begin
    foreach parent in array array['contents', 'attempts', 'history', 'events', 'rejections'] loop
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
