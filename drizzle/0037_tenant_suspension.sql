-- An operator takes a tenant out of service: its mail is deferred and its tokens only read. Expand-only: a node of the version
-- before does not know of it.

alter table tenants
  add column suspended_at timestamptz,
  add column suspension_reason text,
  add constraint tenants_suspension check ((suspended_at is null) = (suspension_reason is null));
create index tenants_suspended on tenants (id) where suspended_at is not null;
