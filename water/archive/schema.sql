-- The archive in the database 档案登记: where its copies lie, their events, the roots that were published.
--
-- All of it can be read again from the copies themselves (archive restore); what it adds is a place
-- apart from them: a root that stands here tells of a copy that went back together with its log.

create schema archive;

create table archive.copy (
  name text primary key check (name <> ''),
  place text not null unique,
  added_at timestamptz not null,
  entries bigint not null default 0 check (entries >= 0)
);
comment on table archive.copy is 'Copies of the archive 副本; several are useful only on several media';
comment on column archive.copy.entries is 'The longest log the copy was seen with: a shorter one went back';

create table archive.event (
  id uuid primary key,
  copy text not null,
  object text,
  type text not null,
  time timestamptz not null,
  outcome text not null,
  detail text not null,
  agent text not null
);
create index event_object on archive.event (object, time);
create index event_time on archive.event (time);
comment on table archive.event is 'Preservation events (PREMIS) of all copies, as their journals have them';

create table archive.root (
  day date primary key,
  size bigint not null check (size >= 0),
  root bytea not null check (octet_length(root) = 32)
);
comment on table archive.root is 'The root of the log that was published for a day';

create table archive.head (
  size bigint primary key check (size > 0),
  root bytea not null check (octet_length(root) = 32)
);
comment on table archive.head is 'Roots of the log after each ingest: what a copy must still give';

create function archive.refuse() returns trigger
  language plpgsql as $$
begin
  raise exception '% of %.% is refused: the archive is write-once 档案只写一次', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger write_once before update or delete or truncate on archive.event
  for each statement execute function archive.refuse();
create trigger write_once before update or delete or truncate on archive.root
  for each statement execute function archive.refuse();
create trigger write_once before update or delete or truncate on archive.head
  for each statement execute function archive.refuse();
