-- The history store 双时态要素库: schemas, time settings, the table of changesets, what layers' tables have.
--
-- Run once, in one transaction, by the first migration, followed by ledger.sql,
-- write.sql and versions.sql; it has made the extension postgis and the roles onemap_reader
-- and onemap_writer before. Down: drop schema staging, layer, history, spatial
-- cascade. The columns of a layer's table are in store.py.

do $$
begin
  if current_setting('server_encoding') <> 'UTF8' then  -- keys and hashes are over UTF-8
    raise exception 'the database must be encoded in UTF8, not %', current_setting('server_encoding');
  end if;
end $$;

create schema if not exists spatial;  -- the table of migrations may lie there already
create schema history;
create schema layer;
create schema staging;
grant usage on schema spatial, layer to onemap_reader, onemap_writer;
grant usage, create on schema staging to onemap_writer;


-- Time travel: every layer view reads these two, set for one transaction.

create function spatial.at() returns timestamptz
  language sql stable parallel safe
  return coalesce(nullif(current_setting('spatial.at', true), '')::timestamptz, now());
comment on function spatial.at() is 'Valid instant of the layer views: setting spatial.at, else now';

create function spatial.asof() returns timestamptz
  language sql stable parallel safe
  return coalesce(nullif(current_setting('spatial.asof', true), '')::timestamptz, now());
comment on function spatial.asof() is 'Recorded instant of the layer views: setting spatial.asof, else now';


-- The ledger 变更集: append only, one hash chain per layer.

create table spatial.changeset (
  id bigint generated always as identity primary key,
  layer text not null,
  author text not null,
  department text not null,
  reason text not null,
  source_sha256 bytea,
  recorded_at timestamptz not null,
  opened bigint not null,
  closed bigint not null,
  content_hash bytea not null,
  previous_hash bytea,
  chain_hash bytea not null unique,
  unique (layer, recorded_at),
  unique nulls not distinct (layer, previous_hash)  -- one beginning, no forks
);
create index changeset_layer on spatial.changeset (layer, id);

create function history.refuse() returns trigger
  language plpgsql as $$
begin
  raise exception '% of %.% is refused: history is append-only 历史只增不改', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete or truncate on spatial.changeset
  for each statement execute function history.refuse();
alter table spatial.changeset enable always trigger append_only;


-- What the functions below must know of each layer; filled by store.py from its contract.

create table history.layout (
  layer text primary key,
  name text not null unique,
  geometry text,                      -- type name, null for a table without geometry
  columns text[] not null,            -- contract order
  types text[] not null,
  public_columns text[] not null,
  content text not null,              -- SQL of the content bytes of a row aliased v
  feature text not null,              -- SQL of the finished GeoJSON Feature of a row aliased v
  former_features text[] not null default '{}'  -- the same as it was before the layer was widened
);

create function history.layout_of(of_layer text) returns history.layout
  language plpgsql stable as $$
declare
  form history.layout;
begin
  select l.layer, l.name, l.geometry, l.columns, l.types, l.public_columns, l.content, l.feature,
      l.former_features into form
    from history.layout l where l.layer = of_layer;
  if form.layer is null then
    raise exception 'no layer %', of_layer using errcode = 'OM404';
  end if;
  return form;
end $$;

create function history.column_list(form history.layout, prefix text) returns text
  language sql stable as $$
  select concat_ws(', ', case when form.geometry is not null then prefix || 'geom' end,
      string_agg(prefix || quote_ident(c), ', ' order by i), prefix || 'content_sha256')
    from unnest(form.columns) with ordinality u(c, i)
$$;

create function history.value_list(form history.layout, only_public boolean default false) returns text
  language sql stable as $$
  select concat_ws(', ', case when form.geometry is not null then 'ST_AsGeoJSON(v.geom, 9, 0)::jsonb geom' end,
      string_agg('v.' || quote_ident(c), ', ' order by i))
    from unnest(form.columns) with ordinality u(c, i)
    where c = any (form.public_columns) or not only_public
$$;
comment on function history.value_list is 'The values of a row aliased v as they are shown: geometry as GeoJSON';


-- Canonical form.

create function spatial.nearest(degrees double precision, precision_deg double precision)
  returns double precision language plpgsql immutable strict parallel safe as $$
declare
  scale double precision := round(1 / precision_deg);
begin
  if not abs(degrees) <= 1000 then
    return degrees;                   -- no position: the import checks shall see it as it came
  elsif abs(scale * precision_deg - 1) < 1e-9 then
    return round(degrees * scale) / scale + 0.0::double precision;  -- -0 becomes 0
  end if;
  return round(degrees / precision_deg) * precision_deg + 0.0::double precision;
end $$;
comment on function spatial.nearest(double precision, double precision) is
  'A coordinate on the grid of the precision: where that is a power of ten, the double nearest to the decimal '
  'number, which is what reading its text gives. ST_SnapToGrid may be off by the last bit';

create function spatial.canonical(shape geometry, wanted text, precision_deg double precision) returns geometry
  language plpgsql immutable strict parallel safe as $$
declare
  snapped geometry;
begin
  if ST_SRID(shape) = 0 then
    shape := ST_SetSRID(shape, 4490);
  end if;
  shape := ST_Force2D(shape);
  if wanted like 'Multi%' then
    shape := ST_Multi(shape);
  elsif GeometryType(shape) like 'MULTI%' and ST_NumGeometries(shape) = 1 then
    shape := ST_GeometryN(shape, 1);
  end if;
  if wanted = 'Point' and GeometryType(shape) = 'POINT' and not ST_IsEmpty(shape) then
    return ST_Point(spatial.nearest(ST_X(shape), precision_deg), spatial.nearest(ST_Y(shape), precision_deg),
      ST_SRID(shape));
  end if;
  snapped := ST_SnapToGrid(shape, precision_deg);
  if snapped is null or ST_IsEmpty(snapped) then
    return shape;                     -- collapsed: the import checks shall see it as it came
  end if;
  if wanted like '%Polygon' then
    if not ST_IsValid(snapped) and ST_IsValid(shape) then
      snapped := ST_SnapToGrid(ST_ReducePrecision(shape, precision_deg), precision_deg);
      if wanted like 'Multi%' then
        snapped := ST_Multi(snapped);
      end if;
    end if;
    snapped := ST_ForcePolygonCCW(ST_Normalize(snapped));
  elsif wanted = 'MultiPoint' then
    snapped := ST_Normalize(snapped);
  end if;
  return snapped;
end $$;
comment on function spatial.canonical(geometry, text, double precision) is
  'Two dimensions, the layer''s type where only single or multi differs, snapped to the precision; '
  'rings start at their least vertex, outer ones counter-clockwise (RFC 7946). Lines keep their direction. '
  'A polygon that snapping alone would break is reduced keeping it valid; an invalid one stays invalid.';


-- Believed rows: constraints and indexes. Two believed versions of a feature never overlap,
-- and that is declared, not programmed: each version names where the next one starts
-- (next_from); next_from is a foreign key to a start of the same feature, not before the own
-- end, and no two versions have the same next. Ends grow along the references, only one version
-- has none, so the versions of a feature are one chain in time without overlap. This costs
-- one btree more; a GiST exclusion on (fid, tstzrange) says the same at 100 times the price.

create function history.guard_believed(form history.layout, relation text) returns void
  language plpgsql as $$
begin
  execute format('alter table history.%I add constraint %I unique (fid, valid_from)',
    relation, relation || '_start');
  execute format('alter table history.%I add constraint %I unique nulls not distinct (fid, next_from)
    deferrable initially deferred', relation, relation || '_one_next');
  execute format('alter table history.%1$I add constraint %2$I foreign key (fid, next_from)
    references history.%1$I (fid, valid_from) deferrable initially deferred', relation, relation || '_next');
  execute format('create index %I on history.%I (opened_by)', relation || '_opened', relation);
  if form.geometry is not null then
    execute format('create index %I on history.%I using gist (geom)', relation || '_geom', relation);
  end if;
  execute format('create trigger no_delete before delete or truncate on history.%I
    for each statement execute function history.refuse()', relation);
  execute format('alter table history.%I enable always trigger no_delete', relation);
end $$;


-- Years.

create function history.ensure_year(table_name text, year int) returns void
  language plpgsql as $$
declare
  partition text := table_name || '_' || year;  -- of Beijing time
begin
  if to_regclass(format('history.%I', partition)) is not null then
    return;
  end if;
  execute format('create table history.%I partition of history.%I for values from (%L) to (%L)',
    partition, table_name, year || '-01-01 00:00:00+08', year + 1 || '-01-01 00:00:00+08');
  execute format('create index on history.%I (fid)', partition);
  execute format('create index on history.%I (opened_by)', partition);
  execute format('create index on history.%I (closed_by)', partition);
  if (select geometry is not null from history.layout where name = table_name) then
    execute format('create index on history.%I using gist (geom)', partition);
  end if;
  execute format('create trigger no_delete before delete or truncate on history.%I
    for each statement execute function history.refuse()', partition);
  execute format('alter table history.%I enable always trigger no_delete', partition);
end $$;
