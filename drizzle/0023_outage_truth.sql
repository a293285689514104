-- What a flush has taken and when its attempt began, the last attempt of a destination, and what an outage had held.
-- Expand-only: a program of the schemas before works on with it.

alter table destinations
  -- Grows with every flush. Instants cannot say what was tried since: the clock may have gone back.
  add column flush_number integer not null default 0,
  -- When an attempt at once was asked for last, and when the one that it brought began; null: not yet.
  add column asked_at timestamptz,
  add column asked_began_at timestamptz,
  -- { at, host, address, tls, reply, outcome, tenantId }: what the newest attempt met, a few seconds late while many are made.
  add column last_attempt jsonb;

alter table messages
  -- The destination's flush_number when it was last claimed; null: never, or by a version before.
  add column flush_number integer;

alter table outages
  -- The greatest id that was held when it ended; null: it ended under a version before.
  add column held_through uuid;

alter table operations
  -- The greatest id that was held when it began; null: begun by a version before.
  add column until_id uuid;
