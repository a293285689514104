-- Who changed what through the API, when, from where, with which token: one row a mutation, written before it is done.
-- Expand-only: a program of the schemas before works on with it.

create table audit_entries (
  id uuid primary key,
  -- Whose thing it was about; the caller's own tenant when it was about none.
  tenant_id uuid not null references tenants,
  at timestamptz not null default bmx_now(),
  ended_at timestamptz,
  -- STARTED: its node died before it was done, or is at it.
  outcome text not null default 'STARTED' check (outcome in ('STARTED', 'DONE', 'REFUSED', 'REPLAYED', 'FAULT')),
  user_error_codes text[] not null default '{}',
  mutation text not null,
  input jsonb not null,
  actor_tenant_id uuid not null references tenants,
  -- Null: the operator token of the service itself.
  token_id uuid,
  token_name text,
  token_prefix text,
  client_address inet,
  subject_kind text,
  subject_id uuid,
  subject_name text,
  before jsonb,
  after jsonb
);
create index audit_entries_tenant on audit_entries (tenant_id, id);
create index audit_entries_subject on audit_entries (subject_name, id) where subject_name is not null;

-- Append-only: a row is completed once, and goes when it is past its time.
create function guard_audit() returns trigger
  language plpgsql
  as $$
  begin
    if tg_op = 'UPDATE' and old.outcome = 'STARTED' and new.id = old.id and new.at = old.at and new.mutation = old.mutation
      and new.input = old.input and new.token_id is not distinct from old.token_id then
      return new;
    end if;
    if tg_op = 'DELETE' and old.at < bmx_now() - interval '400 days' then
      return old;
    end if;
    raise exception 'the audit log is append-only';
  end
  $$;
create trigger audit_entries_guard before update or delete on audit_entries for each row execute function guard_audit();
