-- Sign-ins of the web console: links that hold once and for minutes, and the sessions that they or a pasted token open.
-- Expand-only: a node of the version before does not know of them.

create table console_links (
  code_hash bytea primary key,
  -- Null: of the operator token, which is in no table; then its key says which one it was.
  token_id uuid references tokens on delete cascade,
  operator_key bytea,
  scopes text[] not null,
  expires_at timestamptz not null,
  check ((token_id is null) <> (operator_key is null))
);
create index console_links_expiry on console_links (expires_at);
create index console_links_token on console_links (token_id) where token_id is not null;

create table console_sessions (
  id uuid primary key,
  secret_hash bytea not null unique,
  token_id uuid references tokens on delete cascade,
  operator_key bytea,
  scopes text[] not null,
  time_zone text not null,
  client_address inet,
  started_at timestamptz not null default bmx_now(),
  last_used_at timestamptz not null default bmx_now(),
  expires_at timestamptz not null,
  check ((token_id is null) <> (operator_key is null))
);
create index console_sessions_token on console_sessions (token_id, started_at, id) where token_id is not null;
create index console_sessions_operator on console_sessions (operator_key, started_at, id) where operator_key is not null;
create index console_sessions_expiry on console_sessions (expires_at);
