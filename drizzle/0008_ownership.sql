-- The proof that a domain is its tenant's: a TXT record that only whoever has the domain can add.
-- Expand-only: a program of the schemas before works on with it.

alter table domains
  -- What the record must say; of each claim its own, so that no tenant's record proves another's claim.
  add column proof_value text not null default replace(gen_random_uuid()::text, '-', ''),
  -- When it was first seen; null: not yet, or none is asked for (an operator's domain).
  add column proof_seen_at timestamptz,
  add column proof_checked_at timestamptz,
  -- When it is looked for by itself; null: never.
  add column proof_check_at timestamptz,
  -- Looks in a row that did not find it.
  add column proof_misses integer not null default 0,
  -- Since when it is missing that had been seen.
  add column proof_lost_at timestamptz;
create index domains_proof on domains (proof_check_at) where proof_check_at is not null;
