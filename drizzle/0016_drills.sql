-- Fire drills: a marked message that goes the whole way, its report, and when the next one is due.
-- Expand-only: a program of the schemas before knows no drill. What a drill holds it would hand over at once.

create table drills (
  id uuid primary key,
  tenant_id uuid not null,
  destination_id uuid not null,
  domain_name text not null,
  recipient text not null,
  -- Minutes that it is held without a command; 0: not at all.
  hold_minutes integer not null check (hold_minutes between 0 and 1440),
  is_scheduled boolean not null,
  -- The mark: ENVID of its message (RFC 3461). Random, so that nobody else marks mail with it.
  envelope_id text not null unique,
  state text not null default 'REQUESTED' check (state in ('REQUESTED', 'ENTERING', 'HELD', 'RELEASED', 'FINISHED')),
  result text check (result in ('DELIVERED', 'NOT_ACCEPTED', 'NOT_DELIVERED', 'NOT_ATTEMPTED', 'CANCELLED', 'INTERRUPTED')),
  message_id uuid,
  requested_at timestamptz not null default bmx_now(),
  entered_at timestamptz,
  -- When it is let go without a command.
  deliver_at timestamptz,
  released_at timestamptz,
  finished_at timestamptz,
  steps jsonb not null default '[]',
  findings jsonb not null default '[]',
  check ((finished_at is null) = (result is null) and (finished_at is null) = (state <> 'FINISHED'))
);
-- One at a time.
create unique index drills_open on drills (destination_id) where finished_at is null;
create index drills_destination on drills (destination_id, id);

create table drill_schedules (
  domain_id uuid primary key references domains on delete cascade,
  tenant_id uuid not null,
  destination_id uuid not null,
  every_days integer not null check (every_days between 1 and 366),
  next_at timestamptz not null
);
create index drill_schedules_due on drill_schedules (next_at);
