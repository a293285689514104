-- In which transaction an event was written: whoever remembers a snapshot finds exactly what has been committed since.
-- Ids do not say that: they are given before the commit, by clocks that differ between nodes.
-- Expand-only: a program of the schemas before works on with it.

-- Null: written before this column. It does not move to another database, where it would say nothing.
alter table events add column written_in xid8;
alter table events alter column written_in set default pg_current_xact_id();

create index events_outages_told on events (written_in) where kind like 'OUTAGE\_%';
