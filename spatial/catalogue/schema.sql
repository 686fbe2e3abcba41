-- The catalogue 目录: what layers there are, and every contract they ever had.

create table spatial.layer (
  id              text collate "C" primary key,
  contract        jsonb not null,
  contract_sha256 bytea not null,
  version         int not null,
  created_at      timestamptz not null default clock_timestamp(),
  changed_at      timestamptz not null default clock_timestamp(),
  withdrawn_at    timestamptz
);
comment on table spatial.layer is 'One row per layer; withdrawn layers keep their row and their history';

create table spatial.layer_contract (
  layer           text collate "C" not null references spatial.layer on delete cascade,
  version         int not null check (version > 0),
  contract        jsonb not null,
  contract_sha256 bytea not null,
  published_at    timestamptz not null default clock_timestamp(),
  published_by    text not null default session_user,
  primary key (layer, version)
);
comment on table spatial.layer_contract is 'Every contract a layer was ever published with, in order';

-- Quality of what a changeset delivered, ISO 19157: number, unit, method, sample size.
create table spatial.quality_measure (
  changeset   bigint not null references spatial.changeset,
  element     text not null,
  measure     text not null,
  value       double precision not null,
  unit        text not null,
  method      text not null,
  sample_size bigint not null check (sample_size >= 0),
  primary key (changeset, element, measure)
);
