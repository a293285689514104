-- Vacuum settings of tables that are small and change all the time. Settings only: every program works on with them.

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
