-- Runs of floods 洪水推演: what was asked, what came of it, and where a run under way stands.
--
-- Files lie here and not beside the server: whatever machine the worker runs on, a run and its files
-- appear in one transaction, and are backed up with everything else.

create schema flood;
grant usage on schema flood to onemap_reader, onemap_writer;

create table flood.run (
  id text primary key check (id ~ '^[0-9A-Za-z-]{8,40}$'),
  kind text not null check (kind in ('scenario', 'replay', 'ensemble')),
  title text not null,
  version text not null,              -- of the process
  inputs jsonb not null,
  inputs_sha256 bytea not null check (octet_length(inputs_sha256) = 32),
  ground_sha256 bytea not null check (octet_length(ground_sha256) = 32),
  repeats text references flood.run,
  begins_at timestamptz not null,     -- second 0 of the run
  asof timestamptz not null,          -- what was known then
  duration_s double precision not null check (duration_s > 0),
  subject text not null,
  department text,
  layers text[] not null,             -- who may not read these may not see the run
  synthetic boolean not null,
  plane int not null,
  west_m double precision not null,
  north_m double precision not null,
  cell_m double precision not null check (cell_m > 0),
  height int not null check (height > 0),
  width int not null check (width > 0),
  outline geometry(Polygon, 4490) not null,
  told jsonb not null,
  kept_at timestamptz not null default clock_timestamp()
);
create index run_by_time on flood.run (kept_at desc, id);

create table flood.file (
  run text not null,                  -- files of a run under way come before its row
  name text not null,
  media_type text not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  size_bytes bigint not null check (size_bytes >= 0),
  primary key (run, name)
);

create table flood.piece (
  run text not null,
  name text not null,
  number int not null check (number >= 0),
  bytes bytea not null,
  primary key (run, name, number),
  foreign key (run, name) references flood.file on delete cascade
);
alter table flood.piece alter column bytes set storage external;  -- compressed already

create table flood.under_way (
  run text primary key,
  t_s double precision not null,
  saved_at timestamptz not null default clock_timestamp()
);

grant select on all tables in schema flood to onemap_reader;
grant select, insert, update, delete on all tables in schema flood to onemap_writer;
