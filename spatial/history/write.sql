-- How rows are written: a staging table is compared with what is believed and applied as
-- one changeset, by spatial.apply_changeset and nothing else. write.py calls these.
--
-- Each step is a statement that some function words for a layer, once: those that compare and
-- write are in versions.sql. A delivery runs it
-- as it is worded, planned for its rows. Few edits would take longer to plan than to write: a
-- layer's edits share a function in which the same statements stand, planned once a session.
-- In a statement $1 is the valid_from of what says none, $2 the recorded instant, $3 the changeset.

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

create function history.wrong_intervals(staging text) returns text
  language sql immutable
  return format($q$
    select array_agg(line) from (
      select line from only staging.%I s
        where coalesce(s.valid_from, $1) >= coalesce(s.valid_to, 'infinity')
          or not isfinite(coalesce(s.valid_from, $1))
        order by line limit 20) w$q$, staging);

create function history.refuse_intervals(lines bigint[]) returns void
  language plpgsql as $$
begin
  if lines is not null then
    raise exception 'valid_to must come after valid_from, which must be finite; lines: %',
      array_to_string(lines, ', ') using errcode = 'invalid_datetime_format';
  end if;
end $$;

create function history.require_intervals(staging text, valid_from timestamptz) returns void
  language plpgsql as $$
declare
  lines bigint[];
begin
  execute history.wrong_intervals(staging) into lines using valid_from;
  perform history.refuse_intervals(lines);
end $$;

create function history.believes_anything(form history.layout) returns boolean
  language plpgsql stable as $$
declare
  found boolean;
begin
  execute format('select exists (select from history.%I)', form.name || '_believed') into found;
  return found;
end $$;


-- Comparing. What changes something lies in pg_temp.pending.

create function history.compare(form history.layout, staging text, valid_from timestamptz, full_delivery boolean)
  returns void language plpgsql
  set parallel_tuple_cost = 0.001 as $$  -- few rows differ, which the planner cannot know
begin
  execute 'create temporary table pending on commit drop as ' || history.comparing(form, staging, full_delivery)
    using valid_from;
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


-- Writing into an empty layer.

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
      from pg_constraint where conrelid = parent and contype = 'c'
    union all
    select format('add constraint %I check (recorded_to = ''infinity'')', relation || '_open')) a;
  execute format('alter table history.%I %s', relation, wanted);
end $$;
comment on function history.like_parent is 'Gives a bare table of believed rows what a partition must have, in one scan';

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

create function history.stale(form history.layout, staging text) returns text
  language sql stable
  -- The version an edit was based on must be the one believed where its interval begins.
  return format($q$
    with stale as (
      select s.line, s.fid, s.expected_changeset expected, v.opened_by believed,
          coalesce(s.valid_from, $1) a
        from only staging.%1$I s
        left join history.%2$I v on v.fid = s.fid and v.valid_from <= coalesce(s.valid_from, $1)
          and v.valid_to > coalesce(s.valid_from, $1)
        where s.expected_changeset is not null and v.opened_by is distinct from s.expected_changeset
        order by s.line limit 100)
    select jsonb_agg(jsonb_build_object(
        'line', line, 'fid', fid, 'expected', expected, 'believed', believed,
        'base', (select to_jsonb(f) from history.%3$I v, lateral (select %4$s) f
          where v.fid = stale.fid and v.opened_by = expected and v.valid_from <= a and v.valid_to > a
          order by v.recorded_from limit 1),
        'mine', (select to_jsonb(f) from only staging.%1$I v, lateral (select %4$s) f
          where v.fid = stale.fid and not v.remove limit 1),
        'theirs', (select to_jsonb(f) from history.%2$I v, lateral (select %4$s) f
          where v.fid = stale.fid and v.valid_from <= a and v.valid_to > a)) order by line)
      from stale$q$, staging, form.name || '_believed', form.name, history.value_list(form));

create function history.refuse_stale(stale jsonb) returns void
  language plpgsql as $$
begin
  if stale is not null then
    raise exception 'stale versions' using errcode = 'OM409', detail = stale::text;
  end if;
end $$;



-- Edits. Those of a layer share a staging table and a function that writes it as write_staged
-- does. Both are the store's own, made by the first edit, named by the columns, so that a layer
-- that is widened gets new ones. A migration that changes a statement drops the functions.

create function history.edits_name(form history.layout) returns text
  language plpgsql immutable as $$
begin
  return form.name || '_edits_' || left(encode(sha256(convert_to(
    array_to_string(form.columns, ',') || ';' || array_to_string(form.types, ','), 'UTF8')), 'hex'), 8);
end $$;

create function history.own_edits(form history.layout, staging text) returns boolean
  language plpgsql stable as $$
begin
  return staging = history.edits_name(form) and exists (
    select from pg_class c
      where c.oid = to_regclass('staging.' || quote_ident(staging)) and c.relowner = current_user::regrole);
end $$;
comment on function history.own_edits is 'Whether it is the shared staging table, and not one that a writer put there';

create function history.drop_edits(form history.layout) returns void
  language plpgsql as $$
declare
  former text := format('^%s_edits_[0-9a-f]{8}$', form.name);
  name text;
begin
  for name in
    select relname from pg_class where relnamespace = 'staging'::regnamespace and relname ~ former
  loop
    execute format('drop table staging.%I', name);
  end loop;
  for name in
    select proname from pg_proc where pronamespace = 'history'::regnamespace and proname ~ former
  loop
    execute format('drop function history.%I', name);
  end loop;
end $$;

create function spatial.edit_staging(layer text, staging text) returns void
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  form history.layout;
begin
  perform pg_advisory_xact_lock(hashtextextended('spatial.changeset/' || layer, 0));
  form := history.layout_of(layer);
  if staging <> history.edits_name(form) then
    raise exception 'staging.% does not fit layer %: it has been widened', staging, layer
      using errcode = 'datatype_mismatch';
  elsif not history.own_edits(form, staging) then
    perform history.make_edits(form, staging);
  end if;
end $$;
comment on function spatial.edit_staging is
  'Takes the layer''s lock and makes sure of the staging table that its edits share: '
  'rows are there only inside a transaction that holds the lock, spatial.apply_changeset takes them out';


-- Applying.

create function history.enter_ledger(
    form history.layout, written history.digest, author text, department text, reason text, source_sha256 bytea,
    recorded_at timestamptz)
  returns spatial.changeset language plpgsql as $$
declare
  entry spatial.changeset;
begin
  select c.chain_hash into entry.previous_hash
    from spatial.changeset c where c.layer = form.layer order by c.id desc limit 1;
  entry.id := written.changeset;
  entry.layer := form.layer;
  entry.author := author;
  entry.department := department;
  entry.reason := reason;
  entry.source_sha256 := source_sha256;
  entry.recorded_at := recorded_at;
  entry.opened := written.opened;
  entry.closed := written.closed;
  entry.content_hash := history.content_hash(
    written.opened, written.opened_digest, written.closed, written.closed_digest);
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
  written history.digest;
  recorded_at timestamptz;
begin
  if current_setting('transaction_isolation') <> 'read committed' then  -- else what the lock let pass is not seen
    raise exception 'changesets are applied in read committed transactions, not %',
      current_setting('transaction_isolation') using errcode = 'invalid_transaction_state';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('spatial.changeset/' || layer, 0));
  select greatest(clock_timestamp(), max(c.recorded_at) + interval '1 microsecond') into recorded_at
    from spatial.changeset c where c.layer = apply_changeset.layer;
  perform history.ensure_year(form.name, extract(year from recorded_at at time zone interval '8 hours')::int + n)
    from generate_series(0, 1) n;
  if history.own_edits(form, staging) then
    execute format('select * from history.%I($1, $2, null, $3)', staging) into written
      using valid_from, recorded_at, full_delivery;
  else
    perform history.trusted_staging(form, staging);
    written := history.write_staged(form, staging, valid_from, recorded_at, full_delivery);
  end if;
  if written.changeset is null then
    return null;
  end if;
  entry := history.enter_ledger(form, written, author, department, reason, source_sha256, recorded_at);
  perform pg_notify('onemap_changes', json_build_object('changeset', entry.id, 'layer', layer)::text);
  return entry;
end $$;
comment on function spatial.apply_changeset is
  'Writes a staging table into a layer''s history as one changeset; null where nothing changes';


-- Rights: writers execute, readers read views; nobody but the owner touches a table.

revoke execute on function
  spatial.apply_changeset, spatial.edit_staging, spatial.staged_difference, spatial.staged_changes from public;
grant execute on function
  spatial.apply_changeset, spatial.edit_staging, spatial.staged_difference, spatial.staged_changes to onemap_writer;
