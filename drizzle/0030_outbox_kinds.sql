-- The trigger is the only writer of the outbox: what the doctor has found goes there by it too.
-- Expand-only: a node of the schema before puts its row there itself, in the statement of the event, before the trigger runs.
create or replace function put_into_outbox() returns trigger
  language plpgsql
  as $$
  begin
    -- A move brings the rows of the outbox along.
    if coalesce(current_setting('backup_mx.is_import', true), '') <> 'yes' then
      insert into event_outbox (event_id, tenant_id, destination_id) values (new.id, new.tenant_id, new.destination_id)
      on conflict (event_id) do nothing;
    end if;
    return null;
  end
  $$;
drop trigger events_outbox on events;
-- Not on what happens to single messages and recipients.
create trigger events_outbox after insert on events for each row
  when (new.kind in (
    'OUTAGE_OPENED', 'OUTAGE_RECLASSIFIED', 'OUTAGE_THRESHOLD', 'OUTAGE_DRAINING', 'OUTAGE_DRAINED', 'OUTAGE_CLOSED',
    'BREAKER_OPENED', 'BREAKER_CLOSED', 'DOMAIN_ACTIVATED', 'DOMAIN_SUSPENDED', 'DOMAIN_UNSUSPENDED', 'PROOF_LOST',
    'PROOF_FOUND', 'DOMAIN_CHECKED', 'DNSBL_ZONE_OFF', 'DNSBL_ZONE_ON', 'OWN_TROUBLE_BEGAN', 'OWN_TROUBLE_ENDED',
    'WEBHOOK_DISABLED', 'MAIL_DIGEST'))
  execute function put_into_outbox();
