-- Tenants in the order of their names, and by the beginning of a name.

create index tenants_by_name on tenants ((lower(name) collate "C"), id) where deleted_at is null;
