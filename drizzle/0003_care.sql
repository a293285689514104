-- Vacuum settings of tables that are small and change all the time, and fewer partitions of what is kept for long.
-- Expand-only: a program of the schemas before works on with it.

-- A row is written at each attempt and each fold of its counts, and read by every hot statement: it must stay on few pages.
alter table destinations set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
alter table nodes set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table service_presence set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
-- Evidence grows with each attempt while an outage is open.
alter table outages set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
-- Queues: empty as a rule, and searched from their beginning, where the dead rows lie.
alter table reports_due set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
alter table idempotency_keys set (autovacuum_vacuum_scale_factor = 0.05);
-- Changed by hundreds of thousands of rows at once when a list is replaced.
alter table recipient_entries set (autovacuum_vacuum_scale_factor = 0.05);
alter table seen_clients set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
alter table probe_budgets set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- ---------------------------------------------------------------------------------------------------------- partitions

-- The partitions of a table by their bounds, without its rest.
create function partition_bounds(parent regclass) returns table (name text, from_id uuid, to_id uuid)
  language sql stable
  as $$
    select c.relname::text, bound[1]::uuid, bound[2]::uuid
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), '\(''([^'']+)''\) TO \(''([^'']+)''\)') as bound
    where i.inhparent = parent and bound is not null
  $$;

-- As before, but what is kept for months is cut into weeks or months: every statement that reads a record plans and locks
-- all its partitions, and a hundred of them cost more than the reading. One begins on the first day that has none and ends
-- with its week or month, or where the next begins; where rows of the rest table are in its way it is the day alone.
create or replace function make_partitions(first_day date, last_day date) returns integer
  language plpgsql
  as $$
  declare
    parent text;
    width text;
    day date;
    starts uuid;
    ends uuid;
    made integer := 0;
  begin
    foreach parent in array array['contents', 'attempts', 'history', 'events', 'rejections'] loop
      width := case when parent = 'events' then 'month' when parent in ('attempts', 'history') then 'week' else 'day' end;
      for day in select generate_series(first_day, last_day, interval '1 day')::date loop
        starts := uuid_floor(day::timestamp at time zone 'UTC');
        continue when exists (select from partition_bounds(parent::regclass) b where b.from_id <= starts and starts < b.to_id);
        ends := least(
          uuid_floor((date_trunc(width, day::timestamp) + ('1 ' || width)::interval) at time zone 'UTC'),
          (select b.from_id from partition_bounds(parent::regclass) b where b.from_id > starts order by b.from_id limit 1));
        begin
          execute format('create table %I partition of %I for values from (%L) to (%L)',
            parent || '_' || to_char(day, 'YYYYMMDD'), parent, starts, ends);
          made := made + 1;
        exception when check_violation or duplicate_table or invalid_object_definition then
          begin
            execute format('create table %I partition of %I for values from (%L) to (%L)',
              parent || '_' || to_char(day, 'YYYYMMDD'), parent, starts, uuid_floor((day + 1)::timestamp at time zone 'UTC'));
            made := made + 1;
          exception when check_violation or duplicate_table or invalid_object_definition then
            null;
          end;
        end;
      end loop;
    end loop;
    return made;
  end
  $$;

-- ------------------------------------------------------------------------------------------------------------- indexes

-- Each holds the few rows of a state that passes, so it costs nothing where the state does not stand.
create index recipients_suspected on recipients (destination_id) where suspected_at is not null;
create index destinations_breaker on destinations (id) where breaker <> 'CLOSED';
create index outages_draining on outages (id) where ended_at is not null and drained_at is null;
