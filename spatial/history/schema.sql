-- The history store 双时态要素库: ledger, time settings, and the functions that write.
--
-- Run once, in one transaction, by the first migration, which has made the
-- extension postgis and the roles onemap_reader and onemap_writer before. Down:
-- drop schema staging, layer, history, spatial cascade.
--
-- What a layer's tables look like is in store.py; how rows are written is here,
-- in spatial.apply_changeset, and nowhere else.

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


-- Canonical form.

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


-- Digests. A changeset's content is what it opened and what it closed; entries
-- are sorted within 256 buckets, so that no aggregate grows past 1 GB.

create function history.content_hash(opened bigint, opened_digest bytea, closed bigint, closed_digest bytea)
  returns bytea language sql immutable parallel safe
  return sha256(int8send(opened) || coalesce(opened_digest, '') || int8send(closed) || coalesce(closed_digest, ''));

create function history.field(value text) returns bytea
  language sql stable parallel safe
  return case when value is null then '\xffffffff'::bytea
    else int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') end;
comment on function history.field(text) is 'Length-prefixed UTF-8; null differs from every text';

create function history.chain_hash(entry spatial.changeset) returns bytea
  language sql stable parallel safe
  return sha256(
    entry.content_hash || history.field(encode(entry.previous_hash, 'hex')) || int8send(entry.id)
    || history.field(entry.layer) || history.field(entry.author) || history.field(entry.department)
    || history.field(entry.reason) || history.field(encode(entry.source_sha256, 'hex'))
    || timestamptz_send(entry.recorded_at) || int8send(entry.opened) || int8send(entry.closed));

create function history.digests(table_name text, only_changeset bigint default null)
  returns table (changeset bigint, opened bigint, opened_digest bytea, closed bigint, closed_digest bytea)
  language plpgsql stable as $$
declare
  opened_where text := '';
  closed_where text := 'closed_by is not null';
begin
  if only_changeset is not null then  -- just written: what it opened is believed
    opened_where := format('where recorded_to = ''infinity'' and opened_by = %s', only_changeset);
    closed_where := format('recorded_to < ''infinity'' and closed_by = %s', only_changeset);
  end if;
  return query execute format($q$
    with opened_bucket as (
      select opened_by id, substr(content_sha256, 1, 1) bucket, count(*) n,
        sha256(string_agg(entry, '' order by entry)) digest
      from (
        select opened_by, content_sha256,
          content_sha256 || timestamptz_send(valid_from) || timestamptz_send(valid_to) entry
        from history.%1$I %2$s) o
      group by 1, 2),
    closed_bucket as (
      select closed_by id, substr(entry, 1, 1) bucket, count(*) n,
        sha256(string_agg(entry, '' order by entry)) digest
      from (
        select closed_by, sha256(history.field(fid) || timestamptz_send(valid_from)
          || timestamptz_send(recorded_from)) entry
        from history.%1$I where %3$s) c
      group by 1, 2),
    o as (select id, sum(n)::bigint n, sha256(string_agg(digest, '' order by bucket)) digest
      from opened_bucket group by 1),
    c as (select id, sum(n)::bigint n, sha256(string_agg(digest, '' order by bucket)) digest
      from closed_bucket group by 1)
    select coalesce(o.id, c.id), coalesce(o.n, 0), o.digest, coalesce(c.n, 0), c.digest
    from o full join c on c.id = o.id$q$, table_name, opened_where, closed_where);
end $$;


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


-- Staging. A staging table belongs to the writer, so nothing about it is taken on trust:
-- it must be an ordinary table of exactly the columns the layer needs, held still.

create function history.trusted_staging(form history.layout, staging text) returns regclass
  language plpgsql as $$
declare
  relation regclass := to_regclass(format('staging.%I', staging));
  found text[];
  wanted text[] := array['line bigint', 'fid text', 'remove boolean', 'valid_from timestamp with time zone',
    'valid_to timestamp with time zone'];
begin
  if relation is null then
    raise exception 'no staging table %', staging using errcode = 'undefined_table';
  end if;
  execute format('lock table only staging.%I in access share mode', staging);
  if form.geometry is not null then
    wanted := wanted || 'geom geometry'::text;
  end if;
  select wanted || array_agg(c || ' ' || t order by i) filter (where c is not null)
    || array['content_sha256 bytea', 'expected_changeset bigint'] into wanted
    from unnest(form.columns, form.types) with ordinality u(c, t, i);
  select array_agg(attname || ' ' || format_type(atttypid, null) order by attnum) into found
    from pg_attribute where attrelid = relation and attnum > 0 and not attisdropped;
  if not (found @> wanted and wanted @> found) or not exists (
    select from pg_class where oid = relation and relkind = 'r' and not relrowsecurity and not relhassubclass)
  then
    raise exception 'staging.% does not fit layer %: columns %, wanted %', staging, form.layer, found, wanted
      using errcode = 'datatype_mismatch';
  end if;
  return relation;
end $$;

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


-- Lists of a layer's columns.

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


create function history.require_intervals(staging text, valid_from timestamptz) returns void
  language plpgsql as $$
declare
  wrong bigint[];
begin
  execute format($q$
    select array_agg(line) from (
      select line from only staging.%1$I s
        where coalesce(s.valid_from, %2$L) >= coalesce(s.valid_to, 'infinity')
          or not isfinite(coalesce(s.valid_from, %2$L))
        order by line limit 20) w$q$, staging, valid_from) into wrong;
  if wrong is not null then
    raise exception 'valid_to must come after valid_from, which must be finite; lines: %',
      array_to_string(wrong, ', ') using errcode = 'invalid_datetime_format';
  end if;
end $$;

create function history.believes_anything(form history.layout) returns boolean
  language plpgsql stable as $$
declare
  found boolean;
begin
  execute format('select exists (select from history.%I)', form.name || '_believed') into found;
  return found;
end $$;


-- Comparing. pg_temp.pending receives one row per staged (or, in a full delivery,
-- missing) feature that changes something: kind, and the interval [a, b) it is about.

create function history.compare(form history.layout, staging text, valid_from timestamptz, full_delivery boolean)
  returns void language plpgsql as $$
declare
  missing text := '';
begin
  if full_delivery then
    missing := format($q$
      union all
      select null::bigint, v.fid, 'retire', %3$L::timestamptz, 'infinity'::timestamptz
        from history.%1$I v
        where v.valid_to > %3$L
          and not exists (select from only staging.%2$I s where s.fid = v.fid)
        group by v.fid$q$, form.name || '_believed', staging, valid_from);
  end if;
  execute format($q$
    create temporary table pending on commit drop as
    with stated as materialized (
      select s.line, s.fid, s.content_sha256, coalesce(s.valid_from, %3$L) a, coalesce(s.valid_to, 'infinity') b
        from only staging.%2$I s
        where not s.remove
          and not exists (
            select from history.%1$I v
              where v.fid = s.fid and v.content_sha256 = s.content_sha256
                and v.valid_from <= coalesce(s.valid_from, %3$L)
                and v.valid_to >= coalesce(s.valid_to, 'infinity')))
    select line, fid,
        case when exists (
          select from history.%1$I v where v.fid = stated.fid and v.valid_from < b and v.valid_to > a)
        then 'update' else 'insert' end kind, a, b
      from stated
      where not coalesce((  -- equal content in adjoining versions states the same
        select range_agg(tstzrange(v.valid_from, v.valid_to)) @> tstzrange(a, b)
          from history.%1$I v
          where v.fid = stated.fid and v.content_sha256 = stated.content_sha256), false)
    union all
    select s.line, s.fid, 'retire', coalesce(s.valid_from, %3$L), coalesce(s.valid_to, 'infinity')
      from only staging.%2$I s
      where s.remove
        and exists (
          select from history.%1$I v
            where v.fid = s.fid and v.valid_from < coalesce(s.valid_to, 'infinity')
              and v.valid_to > coalesce(s.valid_from, %3$L))
    %4$s$q$, form.name || '_believed', staging, valid_from, missing);
  analyze pg_temp.pending;
end $$;

create function spatial.staged_difference(
    layer text, staging text, valid_from timestamptz, full_delivery boolean,
    out inserted bigint, out updated bigint, out retired bigint, out unchanged bigint)
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set work_mem = '64MB' set jit = off set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(layer);
  staged bigint;
begin
  perform history.trusted_staging(form, staging);
  perform history.require_intervals(staging, valid_from);
  execute format('select count(*), count(*) filter (where not remove), 0, 0 from only staging.%I', staging)
    into staged, inserted, updated, retired;
  if not history.believes_anything(form) then
    unchanged := staged - inserted;
    return;
  end if;
  perform history.compare(form, staging, valid_from, full_delivery);
  select count(*) filter (where kind = 'insert'), count(*) filter (where kind = 'update'),
      count(*) filter (where kind = 'retire'), staged - count(line)
    into inserted, updated, retired, unchanged
    from pg_temp.pending;
  drop table pg_temp.pending;
end $$;
comment on function spatial.staged_difference is 'What applying a staging table would change, counted';

create function spatial.staged_changes(
    layer text, staging text, valid_from timestamptz, full_delivery boolean, at_most bigint)
  returns table (line bigint, fid text, kind text, a timestamptz, b timestamptz, old json, new json)
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set work_mem = '64MB' set jit = off set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(layer);
  fields text := history.value_list(form);
begin
  perform history.trusted_staging(form, staging);
  perform history.require_intervals(staging, valid_from);
  perform history.compare(form, staging, valid_from, full_delivery);
  return query execute format($q$
    select p.line, p.fid, p.kind, p.a, p.b, o.fields, n.fields
      from (select * from pg_temp.pending order by line, fid limit %4$s) p
      left join lateral (
        select to_json(f) fields from history.%1$I v, lateral (select %3$s) f
          where p.kind <> 'insert' and v.fid = p.fid and v.valid_from < p.b and v.valid_to > p.a
          order by v.valid_from limit 1) o on true
      left join lateral (
        select to_json(f) fields from only staging.%2$I v, lateral (select %3$s) f
          where p.kind <> 'retire' and v.line is not distinct from p.line and v.fid = p.fid
          limit 1) n on true
      order by p.line, p.fid$q$, form.name || '_believed', staging, fields, at_most);
  drop table pg_temp.pending;
end $$;
comment on function spatial.staged_changes is
  'The changed features of a staging table with old (first version touched) and new values';


-- Writing. The one way into history: closes what a staged interval overlaps, keeps what
-- stays true before and after it, opens the new, and chains the changeset to its layer.

create function history.like_parent(form history.layout, relation text) returns void
  language plpgsql as $$
declare
  parent regclass := format('history.%I', form.name)::regclass;
  wanted text;
begin
  select string_agg(action, ', ') into wanted from (
    select format('alter %I set not null', attname) action
      from pg_attribute where attrelid = parent and attnum > 0 and attnotnull
    union all
    select format('alter %I set default %s', a.attname, pg_get_expr(d.adbin, d.adrelid))
      from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      where d.adrelid = parent
    union all
    select format('add constraint %I %s', conname, pg_get_constraintdef(oid))
      from pg_constraint where conrelid = parent and contype = 'c') a;
  execute format('alter table history.%I %s', relation, wanted);
end $$;
comment on function history.like_parent is 'Gives a bare table what a partition must have, in one scan';

create function history.open_first(
    form history.layout, staging text, valid_from timestamptz, recorded_at timestamptz, changeset bigint)
  returns void language plpgsql as $$
declare
  believed text := form.name || '_believed';
  incoming text := form.name || '_incoming';
  columns text;
  old_name text;
begin
  -- Built aside, bare heap first (by a query that may run in parallel, which an insert may not),
  -- then indexed and attached: readers wait only for the swap.
  select string_agg(
      case attname
        when 'recorded_to' then '''infinity''::timestamptz'
        when 'closed_by' then 'null::bigint'
        when 'next_from' then 'null::timestamptz'
        when 'fid' then 'v.fid collate "C"'
        when 'feature' then form.feature
        else format('v.%I::%s', attname, format_type(atttypid, atttypmod))
      end || format(' as %I', attname), ', ' order by attnum) into columns
    from pg_attribute
    where attrelid = format('history.%I', form.name)::regclass and attnum > 0 and not attisdropped;
  execute format($q$
    create table history.%1$I as
    select %2$s
      from (
        select s.fid, coalesce(s.valid_from, %3$L) valid_from, coalesce(s.valid_to, 'infinity') valid_to,
            %4$L::timestamptz recorded_from, %5$s::bigint opened_by, %6$s
          from only staging.%7$I s where not s.remove) v$q$,
    incoming, columns, valid_from, recorded_at, changeset, history.column_list(form, 's.'), staging);
  perform history.like_parent(form, incoming);
  perform history.guard_believed(form, incoming);
  execute format('alter table history.%I add constraint %I check (recorded_to = ''infinity'')',
    incoming, incoming || '_open');
  execute format('drop table history.%I', believed);
  execute format('alter table history.%I attach partition history.%I for values from (''infinity'') to (maxvalue)',
    form.name, incoming);
  execute format('alter table history.%I drop constraint %I', incoming, incoming || '_open');
  for old_name in
    select conname from pg_constraint
      where conrelid = format('history.%I', incoming)::regclass and starts_with(conname, incoming)
  loop
    execute format('alter table history.%I rename constraint %I to %I', incoming, old_name,
      believed || substr(old_name, length(incoming) + 1));
  end loop;
  for old_name in
    select relname from pg_index join pg_class on pg_class.oid = indexrelid
      where indrelid = format('history.%I', incoming)::regclass and starts_with(relname, incoming)
  loop
    execute format('alter index history.%I rename to %I', old_name,
      believed || substr(old_name, length(incoming) + 1));
  end loop;
  execute format('alter table history.%I rename to %I', incoming, believed);
  execute format('analyze history.%I', believed);
end $$;

create function history.open_pending(
    form history.layout, staging text, recorded_at timestamptz, changeset bigint)
  returns void language plpgsql as $$
begin
  execute format($q$
    with closed as (
      update history.%1$I v set recorded_to = %2$L, closed_by = %3$s
        from pg_temp.pending p
        where v.recorded_to = 'infinity' and v.fid = p.fid and v.valid_from < p.b and v.valid_to > p.a
        returning v.fid, v.valid_from, v.valid_to, v.next_from, %4$s, p.kind kind_, p.a a_, p.b b_),
    remaining as (  -- no field of a contract ends in _
      select fid, valid_from, a_ valid_to,
          case when kind_ <> 'retire' then a_ when b_ < valid_to then b_ end next_from, %5$s
        from closed where valid_from < a_
      union all
      select fid, b_, valid_to, next_from, %5$s
        from closed where valid_to > b_)
    insert into history.%1$I (fid, valid_from, valid_to, next_from, recorded_from, opened_by, %5$s, feature)
    select v.fid, v.valid_from, v.valid_to, v.next_from, %2$L, %3$s, %6$s, %7$s
      from (select *, %3$s::bigint opened_by from remaining) v$q$,
    form.name, recorded_at, changeset, history.column_list(form, 'v.'), history.column_list(form, ''),
    history.column_list(form, 'v.'), form.feature);
  -- A second statement on purpose: within the first the closed rows would still collide.
  execute format($q$
    insert into history.%1$I (fid, valid_from, valid_to, next_from, recorded_from, opened_by, %5$s, feature)
    select v.fid, v.valid_from, v.valid_to, v.next_from, %2$L, v.opened_by, %6$s, %7$s
      from (
        select s.fid, p.a valid_from, p.b valid_to, nullif(p.b, 'infinity') next_from, %3$s::bigint opened_by, %8$s
          from pg_temp.pending p join only staging.%4$I s on s.fid = p.fid
          where p.kind <> 'retire') v$q$,
    form.name, recorded_at, changeset, staging, history.column_list(form, ''),
    history.column_list(form, 'v.'), form.feature, history.column_list(form, 's.'));
  -- Retirements and gaps leave a version pointing at a start that is gone, or past a new one.
  execute format($q$
    update history.%1$I v set next_from = w.next_from
      from (
        select fid, valid_from, next_from given,
            lead(valid_from) over (partition by fid order by valid_from) next_from
          from history.%1$I where fid in (select fid from pg_temp.pending)) w
      where v.fid = w.fid and v.valid_from = w.valid_from and w.given is distinct from w.next_from$q$,
    form.name || '_believed');
end $$;

create function history.require_expected(form history.layout, staging text, valid_from timestamptz) returns void
  language plpgsql as $$
declare
  stale jsonb;
  fields text := history.value_list(form);
begin
  -- The version an edit was based on must be the one believed where its interval begins.
  execute format($q$
    with stale as (
      select s.line, s.fid, s.expected_changeset expected, v.opened_by believed,
          coalesce(s.valid_from, %3$L) a
        from only staging.%1$I s
        left join history.%2$I v on v.fid = s.fid and v.valid_from <= coalesce(s.valid_from, %3$L)
          and v.valid_to > coalesce(s.valid_from, %3$L)
        where s.expected_changeset is not null and v.opened_by is distinct from s.expected_changeset
        order by s.line limit 100)
    select jsonb_agg(jsonb_build_object(
        'line', line, 'fid', fid, 'expected', expected, 'believed', believed,
        'base', (select to_jsonb(f) from history.%4$I v, lateral (select %5$s) f
          where v.fid = stale.fid and v.opened_by = expected and v.valid_from <= a and v.valid_to > a
          order by v.recorded_from limit 1),
        'mine', (select to_jsonb(f) from only staging.%1$I v, lateral (select %5$s) f
          where v.fid = stale.fid and not v.remove limit 1),
        'theirs', (select to_jsonb(f) from history.%2$I v, lateral (select %5$s) f
          where v.fid = stale.fid and v.valid_from <= a and v.valid_to > a)) order by line)
      from stale$q$, staging, form.name || '_believed', valid_from, form.name, fields) into stale;
  if stale is not null then
    raise exception 'stale versions' using errcode = 'OM409', detail = stale::text;
  end if;
end $$;

create function history.enter_ledger(
    form history.layout, changeset bigint, author text, department text, reason text, source_sha256 bytea,
    recorded_at timestamptz)
  returns spatial.changeset language plpgsql as $$
declare
  entry spatial.changeset;
begin
  select d.opened, d.closed, history.content_hash(d.opened, d.opened_digest, d.closed, d.closed_digest)
    into entry.opened, entry.closed, entry.content_hash
    from history.digests(form.name, changeset) d;
  select c.chain_hash into entry.previous_hash
    from spatial.changeset c where c.layer = form.layer order by c.id desc limit 1;
  entry.id := changeset;
  entry.layer := form.layer;
  entry.author := author;
  entry.department := department;
  entry.reason := reason;
  entry.source_sha256 := source_sha256;
  entry.recorded_at := recorded_at;
  entry.chain_hash := history.chain_hash(entry);
  insert into spatial.changeset overriding system value select (entry).*;
  return entry;
end $$;

create function spatial.apply_changeset(
    layer text, staging text, author text, department text, reason text, source_sha256 bytea,
    valid_from timestamptz, full_delivery boolean)
  returns spatial.changeset
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
  set work_mem = '64MB' set maintenance_work_mem = '256MB' set jit = off set extra_float_digits = 1 set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(layer);
  entry spatial.changeset;
  recorded_at timestamptz;
  first boolean;
  nothing boolean;
begin
  if current_setting('transaction_isolation') <> 'read committed' then  -- else what the lock let pass is not seen
    raise exception 'changesets are applied in read committed transactions, not %',
      current_setting('transaction_isolation') using errcode = 'invalid_transaction_state';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('spatial.changeset/' || layer, 0));
  perform history.trusted_staging(form, staging);
  perform history.require_intervals(staging, valid_from);
  perform history.require_expected(form, staging, valid_from);
  select greatest(clock_timestamp(), max(c.recorded_at) + interval '1 microsecond') into recorded_at
    from spatial.changeset c where c.layer = apply_changeset.layer;
  perform history.ensure_year(form.name, extract(year from recorded_at at time zone interval '8 hours')::int + n)
    from generate_series(0, 1) n;
  first := not history.believes_anything(form);
  if first then
    execute format('select not exists (select from only staging.%I where not remove)', staging) into nothing;
    if nothing then
      return null;
    end if;
  else
    perform history.compare(form, staging, valid_from, full_delivery);
    if not exists (select from pg_temp.pending) then
      drop table pg_temp.pending;
      return null;
    end if;
  end if;
  entry.id := nextval(pg_get_serial_sequence('spatial.changeset', 'id'));
  if first then
    perform history.open_first(form, staging, valid_from, recorded_at, entry.id);
  else
    execute format('set constraints history.%I, history.%I deferred',
      form.name || '_believed_one_next', form.name || '_believed_next');
    perform history.open_pending(form, staging, recorded_at, entry.id);
    execute format('set constraints history.%I, history.%I immediate',
      form.name || '_believed_one_next', form.name || '_believed_next');
    drop table pg_temp.pending;
  end if;
  entry := history.enter_ledger(form, entry.id, author, department, reason, source_sha256, recorded_at);
  perform pg_notify('onemap_changes', json_build_object('changeset', entry.id, 'layer', layer)::text);
  return entry;
end $$;
comment on function spatial.apply_changeset is
  'Writes a staging table into a layer''s history as one changeset; null where nothing changes';


-- Verifying and telling apart. Rows are formed anew from their columns and compared.

create function history.altered(of_layer text)
  returns table (changeset bigint, fid text, content boolean, served boolean, times boolean)
  language plpgsql stable set jit = off set extra_float_digits = 1 set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(of_layer);
begin
  return query execute format($q$
    select w.opened_by, w.fid, w.content, w.served, w.times from (
      select v.opened_by, v.fid, v.valid_from,
        v.content_sha256 is distinct from sha256(%2$s) content,
        (v.feature in (%3$s)) is not true served,
        o.recorded_at is distinct from v.recorded_from
          or case when v.closed_by is null then 'infinity' else c.recorded_at end
            is distinct from v.recorded_to times
      from history.%1$I v
      left join spatial.changeset o on o.id = v.opened_by and o.layer = %4$L
      left join spatial.changeset c on c.id = v.closed_by and c.layer = %4$L) w
    where w.content or w.served or w.times
    order by w.opened_by, w.fid, w.valid_from$q$,
    form.name, form.content, array_to_string(form.feature || form.former_features, ', '), of_layer);
end $$;
comment on function history.altered is
  'Rows whose hash, served text or recorded times are not what columns and changesets say';

create function history.between(of_layer text, older bigint, newer bigint, at timestamptz default null)
  returns table (fid text, kind text, valid_from timestamptz, old_valid_to timestamptz, new_valid_to timestamptz,
    old json, new json)
  language plpgsql stable set datestyle = 'ISO' as $$
declare
  form history.layout := history.layout_of(of_layer);
  valid text := '';
  pairing text := '(fid, valid_from)';
begin
  if at is not null then  -- the map of one instant: one version a side, told apart by content alone
    valid := format('and v.valid_from <= %1$L and v.valid_to > %1$L', at);
    pairing := '(fid)';
  end if;
  return query execute format($q$
    select fid, case when o.id is null then 'insert' when n.id is null then 'delete' else 'update' end,
        coalesce(n.since, o.since), nullif(o.valid_to, 'infinity'), nullif(n.valid_to, 'infinity'),
        o.fields, n.fields
      from (
        select v.fid, v.valid_from, v.valid_from since, v.valid_to, v.opened_by id, v.content_sha256,
            to_json(f) fields
          from history.%1$I v, lateral (select %6$s) f
          where v.opened_by <= %2$s and v.closed_by > %2$s and v.closed_by <= %3$s %4$s) o
      full join (
        select v.fid, v.valid_from, v.valid_from since, v.valid_to, v.opened_by id, v.content_sha256,
            to_json(f) fields
          from history.%1$I v, lateral (select %6$s) f
          where v.opened_by > %2$s and v.opened_by <= %3$s and (v.closed_by is null or v.closed_by > %3$s) %4$s) n
        using %5$s
      where o.content_sha256 is distinct from n.content_sha256 or (%7$s and o.valid_to <> n.valid_to)
      order by fid, 3$q$,
    form.name, older, newer, valid, pairing, history.value_list(form, true), (at is null)::text);
end $$;
comment on function history.between is
  'What is believed differently after changeset newer than after older; public values only';


-- Rights: writers execute, readers read views; nobody but the owner touches a table.

revoke execute on function
  spatial.apply_changeset, spatial.staged_difference, spatial.staged_changes from public;
grant execute on function
  spatial.apply_changeset, spatial.staged_difference, spatial.staged_changes to onemap_writer;
