-- An index for listing at scale.
-- Expand-only: a program of the schemas before works on with it.

-- A tenant's own messages, newest first: without it the list of one among a thousand tenants walks past the mail of all others.
create index messages_tenant on messages (tenant_id, id);
