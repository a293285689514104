-- Finding one message among a million by what a postmaster has in hand, and telling what happened to it.
-- Expand-only: a program of the schemas before works on with it.

alter table messages
  -- The field Message-ID without its angle brackets, 998 octets at the most; null: none, or accepted by a version before.
  add column header_message_id text collate "C";

alter table history
  add column header_message_id text collate "C",
  -- As in messages; null: ended under a version before.
  add column protocol text,
  add column tls text;

-- Each begins with what is looked for, so that few rows are found among many, and equal keys share an entry.
create index messages_header_message_id on messages (header_message_id) where header_message_id is not null;
create index history_header_message_id on history (header_message_id) where header_message_id is not null;
create index messages_client on messages (client_address) where client_address is not null;
create index history_client on history (client_address) where client_address is not null;
-- Read backwards an address begins with its domain: one index finds an address and all of a domain.
create index messages_sender on messages ((reverse(lower(reverse_path)) collate "C")) where reverse_path is not null;
create index history_sender on history ((reverse(lower(reverse_path)) collate "C")) where reverse_path is not null;

-- What happened to one message, to all of a destination, and to the whole service, each without the others.
create index events_message on events (message_id, id) where message_id is not null;
create index events_destination_wide on events (destination_id, id) where message_id is null;
create index events_service on events (id) where destination_id is null and message_id is null;

alter table operations
  -- Who began it: { by, token }. Null: begun under a version before.
  add column actor jsonb;

-- As before, but with the microseconds behind the millisecond (RFC 9562 §6.2, method 3), so that what one transaction makes is in the order in
-- which it was made.
create or replace function new_id() returns uuid
  language sql volatile parallel safe
  as $$
    select (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex((us % 1000) * 4), 3, '0') || '8' || substr(md5(random()::text), 1, 15))::uuid
    from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as now
  $$;
