-- Deliveries that are known and not settled yet. A mark is small and written soon; settling comes in large groups, and takes its
-- marks away in the same transaction. See decisions/0028.
-- Expand-only: a program of the schemas before neither makes marks nor knows any.
create table delivery_marks (
  -- In whose hand the messages are.
  epoch bigint not null,
  destination_id uuid not null,
  id uuid not null,
  node integer not null,
  -- What settling needs to know, as JSON. Nothing reads it but who settles for a hand that has gone.
  deliveries text not null,
  primary key (epoch, destination_id, id)
) with (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- Short-lived: compressing it would cost more than it saves.
alter table delivery_marks alter column deliveries set storage external;
