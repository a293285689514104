-- Lists of the API: an index for each order, and for filters that few rows match.

create index domains_tenant on domains (tenant_id, id);
create index domains_name on domains ((name collate "C"), id);
create index domains_tenant_name on domains (tenant_id, (name collate "C"), id);
