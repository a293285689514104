-- The audit log is append-only in every way: what an entry says of its beginning stays, it ends once, and none is truncated away.
-- Expand-only: a program of the schemas before writes nothing else.

create or replace function guard_audit() returns trigger
  language plpgsql
  as $$
  begin
    if tg_op = 'TRUNCATE' then
      -- An import begins with empty tables, and says so.
      if not exists (select from audit_entries) then
        return null;
      end if;
    elsif tg_op = 'UPDATE' then
      if old.outcome = 'STARTED' and new.outcome <> 'STARTED'
        and (old.subject_id is null or new.subject_id is not distinct from old.subject_id)
        -- All that is not known before the end.
        and to_jsonb(new) - array['outcome', 'ended_at', 'user_error_codes', 'subject_id', 'after']
          = to_jsonb(old) - array['outcome', 'ended_at', 'user_error_codes', 'subject_id', 'after'] then
        return new;
      end if;
    elsif old.at < bmx_now() - interval '400 days' then
      return old;
    end if;
    raise exception 'the audit log is append-only';
  end
  $$;
create trigger audit_entries_truncate_guard before truncate on audit_entries for each statement execute function guard_audit();
