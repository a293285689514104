-- What each destination has held the longest, kept beside its counts, so that no question about many domains reads their mail;
-- and how mail of an outage ended. Expand-only: until the next change of a destination, its oldest message is that of this moment.
alter table outages
  add column failed_count integer not null default 0,
  add column expired_count integer not null default 0;
create index outages_ended on outages (ended_at);

alter table destinations add column oldest_accepted_at timestamptz;
update destinations d set oldest_accepted_at = m.accepted_at
from (select distinct on (destination_id) destination_id, accepted_at from messages order by destination_id, id) m
where m.destination_id = d.id;
create index destinations_holding on destinations (tenant_id, id) where oldest_accepted_at is not null;
create index destinations_paused on destinations (tenant_id, id) where is_paused;
create index domains_unserved on domains (tenant_id, id) where status <> 'ACTIVE';
