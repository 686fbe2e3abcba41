-- Use control 用途管制: versions of rules and the checks made by them, append only.
--
-- A check keeps its request (site, facts, states of layers, rules by digest) and its result in
-- one form each; from the request the result can be made again, byte for byte.

create schema planning;
grant usage on schema planning to onemap_reader, onemap_writer;

create table planning.rule_version (
  rule_id text not null,
  version int not null,
  sha256 bytea not null unique,
  document bytea not null,
  kept_at timestamptz not null default clock_timestamp(),
  primary key (rule_id, version)
);

create table planning.compliance_check (
  id uuid primary key default gen_random_uuid(),
  project_code text,
  project_name text,
  verdict text not null,
  at timestamptz not null,
  asof timestamptz,
  request bytea not null,
  request_sha256 bytea not null,
  result bytea not null,
  result_sha256 bytea not null,
  book_sha256 bytea not null,
  engine text not null,
  department text,
  checked_at timestamptz not null default clock_timestamp(),
  geom geometry(MultiPolygon, 4490) not null,
  check (verdict in ('complies', 'breaches', 'needs-justification', 'undecided', 'not-applicable'))
);
create index on planning.compliance_check (checked_at desc);
create index on planning.compliance_check (project_code) where project_code is not null;
create index on planning.compliance_check using gist (geom);

create trigger append_only before update or delete or truncate on planning.rule_version
  for each statement execute function history.refuse();
create trigger append_only before update or delete or truncate on planning.compliance_check
  for each statement execute function history.refuse();
alter table planning.rule_version enable always trigger append_only;
alter table planning.compliance_check enable always trigger append_only;
