-- Shares of a drain that its owner grants to other nodes.
-- Expand-only: a program of the schemas before works on with it.

select 1;
