-- Lists of the API that grow with customers: what is no part of them costs nothing when they are read or counted.

create index tenants_listed on tenants (id) where deleted_at is null;
create index outages_going_on on outages (tenant_id, id) where ended_at is null;
create index outages_all_going_on on outages (id) where ended_at is null;
