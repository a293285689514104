-- Indexes for listing at scale.
-- Expand-only: a program of the schemas before works on with it.

select 1;
