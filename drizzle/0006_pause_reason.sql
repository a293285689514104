-- Why a destination is paused.
-- Expand-only: a program of the schemas before works on with it.

alter table destinations
  -- As the operator gave it; null when the pause is older than this column and its record is gone.
  add column pause_reason text;

-- Those in force have it in their record so far.
update destinations d
set pause_reason = (
  select e.facts ->> 'reason' from events e
  where e.destination_id = d.id and e.tenant_id = d.tenant_id and e.kind = 'DOMAIN_PAUSED'
  order by e.destination_id desc, e.id desc limit 1)
where d.is_paused;
