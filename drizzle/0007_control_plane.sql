-- Tenants, tokens, proofs of ownership, audit, webhooks.
-- Expand-only: a program of the schemas before works on with it.

select 1;
