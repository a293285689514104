-- Of many hosts and addresses an attempt dials a few; which ones, its turn says. Counts failed attempts at a destination.
-- Expand-only: a program of the schemas before works on without it.
alter table destinations add column dial_turn integer not null default 0;
