-- Domains found by their labels.

create index domains_labels on domains using gin (labels jsonb_path_ops);
