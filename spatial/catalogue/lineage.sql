-- Lineage 数据沿袭 (PROV): which product was made from which states of which layers, by which code.

create table spatial.derivation (
  id                bigint generated always as identity primary key,
  product           text not null check (product ~ '^(changeset|job)/[0-9a-z-]{1,64}$'),
  source_layer      text not null,
  source_changeset  bigint not null references spatial.changeset,
  activity          text not null,
  code_version      text not null,
  parameters        jsonb not null,
  parameters_sha256 bytea not null check (octet_length(parameters_sha256) = 32),
  recorded_at       timestamptz not null default clock_timestamp(),
  unique (product, source_layer, source_changeset)
);
create index derivation_source on spatial.derivation (source_layer, source_changeset);
comment on table spatial.derivation is
  '沿袭: a product (changeset/N or job/ID) rests on a layer as believed after a changeset; never changed';

create trigger append_only before update or delete or truncate on spatial.derivation
  for each statement execute function history.refuse();
grant select, insert on spatial.derivation to onemap_writer;
