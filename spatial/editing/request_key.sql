-- Keys of requests to create 请求键: what a client calls one request, and what came of it, so that
-- the request sent again is told of what it made and makes nothing. A row appears with its
-- changeset or not at all; after its time it is deleted, and the history knows nothing of it.

create table spatial.request_key (
  layer text not null,
  author text not null,                -- whoever else says the same key means another request
  key text not null,
  digest bytea not null check (octet_length(digest) = 32),
  asked_at timestamptz not null default clock_timestamp(),
  changeset bigint references spatial.changeset (id),
  fids text[],
  valid_from timestamptz,
  primary key (layer, author, key)
);
create index request_key_age on spatial.request_key (asked_at);
grant select, insert, update, delete on spatial.request_key to onemap_writer;
