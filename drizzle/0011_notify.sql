-- Webhooks and alert contacts: who is told what happens, and what has been told.
-- Expand-only: a program of the schemas before works on with it; what it records is told by the next node of this schema.

alter table tenants
  add column max_webhooks integer check (max_webhooks >= 0),
  add column max_alert_contacts integer check (max_alert_contacts >= 0);

-- ------------------------------------------------------------------------------------------------------------- webhooks

create table webhooks (
  id uuid primary key,
  tenant_id uuid not null references tenants,
  url text not null,
  description text not null,
  kinds text[] not null,
  -- Names of relay domains; null: all of the tenant, and what is about none.
  domains text[],
  is_enabled boolean not null default true,
  -- Why the service itself has disabled it; null: it has not.
  disabled_reason text check (disabled_reason in ('GONE', 'FAILING')),
  disabled_at timestamptz,
  -- Since when no attempt succeeds; null: the last one did, or there was none.
  failing_since timestamptz,
  revision integer not null default 1,
  rotated_at timestamptz,
  created_at timestamptz not null default bmx_now()
);
create index webhooks_tenant on webhooks (tenant_id, id);

-- What deliveries are signed with, so it must be readable: apart from all that is shown, recorded or moved.
create table webhook_secrets (
  webhook_id uuid primary key,
  tenant_id uuid not null,
  secret bytea not null,
  -- Signed with as well until then.
  previous_secret bytea,
  previous_until timestamptz
);

create table webhook_deliveries (
  -- The webhook-id that a receiver sees; the same for each attempt.
  id uuid primary key,
  webhook_id uuid not null references webhooks on delete cascade,
  tenant_id uuid not null,
  -- Null: a ping.
  event_id uuid,
  kind text not null,
  -- The very octets that are signed.
  body text not null,
  state text not null default 'PENDING' check (state in ('PENDING', 'DELIVERED', 'FAILED')),
  attempt_count integer not null default 0,
  -- Null when it has ended. While an attempt is made: when another may be made if nobody tells of this one.
  next_attempt_at timestamptz default bmx_now(),
  last_attempt_at timestamptz,
  -- Null: no answer.
  response_status integer,
  -- The answer's first characters, or what happened instead of one.
  response_text text,
  -- When its attempts began to be counted: its making, or the last time that it was asked for again.
  begun_at timestamptz not null default bmx_now(),
  created_at timestamptz not null default bmx_now(),
  unique (webhook_id, event_id)
) with (autovacuum_vacuum_scale_factor = 0.05);
create index webhook_deliveries_page on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at) where state = 'PENDING';
create index webhook_deliveries_age on webhook_deliveries (created_at);

-- Events that are still to be told. A row is seen only when its event's transaction has committed, whatever the ids and the
-- clocks of the nodes say, and goes in the transaction that makes the deliveries: so no event is missed, and none taken twice.
create table event_outbox (
  event_id uuid primary key,
  tenant_id uuid not null,
  destination_id uuid
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create function put_into_outbox() returns trigger
  language plpgsql
  as $$
  begin
    -- A move brings the rows of the outbox along.
    if coalesce(current_setting('backup_mx.is_import', true), '') <> 'yes' then
      insert into event_outbox (event_id, tenant_id, destination_id) values (new.id, new.tenant_id, new.destination_id);
    end if;
    return null;
  end
  $$;
-- Not on what happens to single messages and recipients.
create trigger events_outbox after insert on events for each row
  when (new.kind in (
    'OUTAGE_OPENED', 'OUTAGE_RECLASSIFIED', 'OUTAGE_THRESHOLD', 'OUTAGE_DRAINING', 'OUTAGE_DRAINED', 'OUTAGE_CLOSED',
    'BREAKER_OPENED', 'BREAKER_CLOSED', 'DOMAIN_ACTIVATED', 'DOMAIN_SUSPENDED', 'DOMAIN_UNSUSPENDED', 'PROOF_LOST',
    'PROOF_FOUND', 'DNSBL_ZONE_OFF', 'DNSBL_ZONE_ON', 'OWN_TROUBLE_BEGAN', 'OWN_TROUBLE_ENDED', 'WEBHOOK_DISABLED',
    'MAIL_DIGEST'))
  execute function put_into_outbox();

-- What ended badly, appended by outcomes and reports, taken off once an hour as one event a domain.
create table mail_counts (
  destination_id uuid not null,
  tenant_id uuid not null,
  kind text not null check (kind in ('FAILED', 'EXPIRED', 'REPORT_SUPPRESSED')),
  count integer not null,
  at timestamptz not null default bmx_now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index mail_counts_destination on mail_counts (destination_id, at);

-- ------------------------------------------------------------------------------------------------------- alert contacts

create table alert_contacts (
  id uuid primary key,
  tenant_id uuid not null references tenants,
  address text not null,
  -- Of the address, as A-label.
  address_domain text not null,
  -- Names of relay domains; null: all of the tenant.
  domains text[],
  -- SHA-256 of what was mailed to it; null once it is confirmed.
  code_hash bytea,
  code_until timestamptz,
  code_tries smallint not null default 0,
  -- Null: it gets nothing.
  confirmed_at timestamptz,
  mailed_at timestamptz,
  -- How many mails it got since then; a new count begins after an hour.
  hour_began_at timestamptz,
  hour_count integer not null default 0,
  created_at timestamptz not null default bmx_now()
);
create unique index alert_contacts_address on alert_contacts (tenant_id, lower(address));
create index alert_contacts_tenant on alert_contacts (tenant_id, id);

-- What a contact knows of an outage.
create table alert_notices (
  contact_id uuid not null references alert_contacts on delete cascade,
  outage_id uuid not null,
  tenant_id uuid not null,
  destination_id uuid not null,
  told_class text not null,
  told_hours integer,
  told_at timestamptz not null default bmx_now(),
  -- When it was told of the end; null: not yet.
  closed_at timestamptz,
  primary key (contact_id, outage_id)
);
create index alert_notices_open on alert_notices (outage_id) where closed_at is null;

-- Other news that waits for the next mail to a contact.
create table alert_items (
  contact_id uuid not null references alert_contacts on delete cascade,
  event_id uuid not null,
  tenant_id uuid not null,
  created_at timestamptz not null default bmx_now(),
  primary key (contact_id, event_id)
);

-- How many codes were mailed to an address within a day, whoever asked for them.
create table confirmation_counts (
  address text primary key,
  window_began_at timestamptz not null default bmx_now(),
  mail_count integer not null default 0
);
