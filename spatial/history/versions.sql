-- How a staged set becomes versions: what changes, and the statements that write it. They replace
-- what is there, so that a migration that changes one runs this file again.
--
-- A version that goes on before the change stays where it is: what was believed of it is copied
-- among the superseded, then it is narrowed in place to what is still believed. That costs no
-- check of the constraints by its start, and of what goes on nothing is written twice.


-- Comparing. One row per staged (or, in a full delivery, missing) feature that changes
-- something: kind, and the interval [a, b) it is about. Of a delivery they lie in pg_temp.pending.

select history.drop_edits(l) from history.layout l;  -- they name the type, and hold the statements
drop type if exists history.pending;
create type history.pending as (
  line bigint, fid text, kind text, a timestamptz, b timestamptz,
  amid boolean,    -- one version is touched, and what it is narrowed to and its end stay well linked
  fresh boolean);  -- nothing at all is believed of the feature, nor stated to end

create or replace function history.comparing(form history.layout, staging text, full_delivery boolean) returns text
  language plpgsql immutable as $$
declare
  missing text := '';
begin
  if full_delivery then
    missing := format($q$
      union all
      select null::bigint, v.fid, 'retire', $1, 'infinity'::timestamptz, false, false
        from history.%1$I v
        where v.valid_to > $1
          and not exists (select from only staging.%2$I s where s.fid = v.fid)
        group by v.fid$q$, form.name || '_believed', staging);
  end if;
  return format($q$
    with stated as materialized (  -- beside the version that covers the interval: there is one at most
      select s.line, s.fid, s.content_sha256, coalesce(s.valid_from, $1) a, coalesce(s.valid_to, 'infinity') b,
          v.valid_from, v.valid_to
        from only staging.%2$I s
        left join history.%1$I v on v.fid = s.fid and v.valid_from <= coalesce(s.valid_from, $1)
          and v.valid_to >= coalesce(s.valid_to, 'infinity')
        where not s.remove and (v.fid is null or v.content_sha256 is distinct from s.content_sha256))
    select line, fid, 'update' kind, a, b,
        valid_from < a and (valid_to > b or valid_to = 'infinity') amid, false fresh
      from stated where valid_from is not null
    union all
    select line, fid, case when o.overlapped > 0 then 'update' else 'insert' end, a, b, false, o.believed = 0 and b = 'infinity'
      from stated, lateral (
        select count(*) believed, count(*) filter (where v.valid_from < b and v.valid_to > a) overlapped,
            range_agg(tstzrange(v.valid_from, v.valid_to))
              filter (where v.content_sha256 = stated.content_sha256) same
          from history.%1$I v where v.fid = stated.fid) o
      where stated.valid_from is null
        and not coalesce(o.same @> tstzrange(a, b), false)  -- equal content in adjoining versions states the same
    union all
    select s.line, s.fid, 'retire', coalesce(s.valid_from, $1), coalesce(s.valid_to, 'infinity'), false, false
      from only staging.%2$I s
      where s.remove
        and exists (
          select from history.%1$I v
            where v.fid = s.fid and v.valid_from < coalesce(s.valid_to, 'infinity')
              and v.valid_to > coalesce(s.valid_from, $1))
    %3$s$q$, form.name || '_believed', staging, missing);
end $$;

create or replace function history.refuse_doubled(doubled boolean) returns void
  language plpgsql as $$
begin
  if doubled then  -- two statements of one feature would be kept twice among the superseded
    raise exception 'a feature is stated twice' using errcode = 'unique_violation';
  end if;
end $$;


-- The guards against the owner's own code: a row is closed, or narrowed as a new belief, nothing else.

create or replace function history.guard_versions(form history.layout) returns void
  language plpgsql as $$
declare
  guard record;
begin
  for guard in
    values
      ('no_rewriting', format('before update of fid, valid_from, %s for each row', history.column_list(form, ''))),
      ('no_widening', 'before update of valid_to, recorded_from, opened_by, feature for each row
        when (old.recorded_to <> ''infinity'' or new.recorded_to <> ''infinity'' or new.valid_to >= old.valid_to
          or new.recorded_from <= old.recorded_from or new.opened_by <= old.opened_by)'),
      ('no_reopening', 'before update of recorded_to, closed_by, next_from for each row
        when (old.recorded_to <> ''infinity'')'),
      ('no_delete', 'before delete or truncate for each statement')
  loop
    execute format('drop trigger if exists %I on history.%I', guard.column1, form.name);
    execute format('create trigger %I %s execute function history.refuse()', guard.column1,
      replace(guard.column2, ' for each', format(' on history.%I for each', form.name)));
    execute format('alter table history.%I enable always trigger %I', form.name, guard.column1);
  end loop;
end $$;
comment on function history.guard_versions is 'Gives a layer''s table its guards, anew where it was widened';


-- Writing. The one way into history: closes what a staged interval overlaps, keeps what stays
-- true before and after it, opens the new. In this order; what is opened last would collide with
-- what is not yet closed.

create or replace function history.going_on(form history.layout, pending text) returns text
  language sql stable
  return format($q$
    insert into history.%1$I (fid, valid_from, valid_to, next_from, recorded_from, opened_by, %3$s, feature)
    select v.fid, v.valid_from, v.valid_to, v.next_from, $2, v.opened_by, %4$s, %5$s
      from (
        select o.fid, p.b valid_from, o.valid_to, o.next_from, $3 opened_by, %6$s
          from history.%7$I o join %2$s p on p.fid = o.fid
          where p.b < 'infinity' and o.valid_from < p.b and o.valid_to > p.b) v$q$,
    form.name, pending, history.column_list(form, ''), history.column_list(form, 'v.'), form.feature,
    history.column_list(form, 'o.'), form.name || '_believed');
comment on function history.going_on is 'Opens what goes on after the change';

create or replace function history.keeping(form history.layout, pending text) returns text
  language sql stable
  return format($q$
    insert into history.%1$I (fid, valid_from, valid_to, next_from, recorded_from, recorded_to,
        opened_by, closed_by, %3$s, feature)
    select v.fid, v.valid_from, v.valid_to, v.next_from, v.recorded_from, $2, v.opened_by, $3, %4$s, v.feature
      from history.%5$I v join %2$s p on p.fid = v.fid
      where v.valid_from < p.a and v.valid_to > p.a$q$,
    form.name, pending, history.column_list(form, ''), history.column_list(form, 'v.'), form.name || '_believed');
comment on function history.keeping is 'Copies what was believed of the versions that are narrowed among the superseded';

create or replace function history.narrowed_feature(form history.layout) returns text
  language plpgsql stable as $$
declare
  -- The end of every feature as form.py words it: all else of it stays as it is.
  tail text := $q$',"valid_to":' || case when v.valid_to = 'infinity' then 'null' else $q$
    || $q$rtrim(to_json(v."valid_to" at time zone interval '08:00')::text, '"') || '+08:00"' end, $q$
    || $q$',"changeset":' || v.opened_by || '}}')$q$;
begin
  if form.former_features = '{}' and right(form.feature, length(tail)) = tail then
    return format($q$convert_from(substr(convert_to(v.feature, 'UTF8'), 1,
      octet_length(v.feature) - octet_length(concat(%1$s)), 'UTF8')
      || (select concat(%1$s from (select p.a valid_to, $3 opened_by) v)$q$, tail);
  end if;
  return format('(select %s from (select v.fid, v.valid_from, p.a valid_to, $3 opened_by, %s) v)',
    form.feature, history.column_list(form, 'v.'));
end $$;
comment on function history.narrowed_feature is
  'The feature of a version that is narrowed to p.a; formed as a whole in layers that were widened';

create or replace function history.narrowing(form history.layout, pending text) returns text
  language sql stable
  return format($q$
    update history.%1$I v set valid_to = p.a,
        next_from = case when p.kind <> 'retire' then p.a when p.b < v.valid_to then p.b end,
        recorded_from = $2, opened_by = $3, feature = %3$s
      from %2$s p
      where p.fid = v.fid and v.valid_from < p.a and v.valid_to > p.a$q$,
    form.name || '_believed', pending, history.narrowed_feature(form));
comment on function history.narrowing is 'Narrows versions to what goes on before the change';

create or replace function history.closing(form history.layout, pending text) returns text
  language sql stable
  return format($q$
    update history.%1$I v set recorded_to = $2, closed_by = $3
      from %2$s p
      where p.kind <> 'insert' and not p.amid and v.recorded_to = 'infinity' and v.fid = p.fid
        and v.valid_from >= p.a and v.valid_from < p.b$q$, form.name, pending);
comment on function history.closing is 'Closes the versions that begin within the change';

create or replace function history.opening(form history.layout, staging text, pending text) returns text
  language sql stable
  return format($q$
    insert into history.%1$I (fid, valid_from, valid_to, next_from, recorded_from, opened_by, %4$s, feature)
    select v.fid, v.valid_from, v.valid_to, v.next_from, $2, v.opened_by, %5$s, %6$s
      from (
        select s.fid, p.a valid_from, p.b valid_to, nullif(p.b, 'infinity') next_from, $3 opened_by, %7$s
          from %3$s p join only staging.%2$I s on s.fid = p.fid
          where p.kind <> 'retire') v$q$,
    form.name, staging, pending, history.column_list(form, ''), history.column_list(form, 'v.'), form.feature,
    history.column_list(form, 's.'));

create or replace function history.linking(form history.layout, pending text) returns text
  language sql stable
  -- Retirements and gaps leave a version pointing at a start that is gone, or past a new one. What is
  -- counted beside sees the links as they were: of the versions linked anew the old go, the new come.
  return format($q$
    with linked as (
      update history.%1$I v set next_from = w.next_from
        from (
          select fid, valid_from, next_from given,
              lead(valid_from) over (partition by fid order by valid_from) next_from
            from history.%1$I where fid in (select fid from %2$s p where not (p.amid or p.fresh))) w
        where v.fid = w.fid and v.valid_from = w.valid_from and w.given is distinct from w.next_from
        returning v.valid_from, v.valid_to, w.given, v.next_from),
    counted as (
      select valid_from, valid_to, next_from, 1 number from history.%1$I where opened_by = $3
      union all
      select valid_from, valid_to, next_from, -1 from history.%3$I where recorded_to = $2 and closed_by = $3
      union all
      select valid_from, valid_to, given, -1 from linked
      union all
      select valid_from, valid_to, next_from, 1 from linked)
    insert into history.tally
    select %4$L, $3, valid_from, valid_to, next_from, sum(number)
      from counted group by valid_from, valid_to, next_from having sum(number) <> 0$q$,
    form.name || '_believed', pending, form.name, form.layer);
comment on function history.linking is 'Links the versions of the pending features anew, and tells the tally what the changeset did';

create or replace function history.tally_first(form history.layout, changeset bigint) returns void
  language plpgsql as $$
begin
  execute format($q$
    insert into history.tally
    select %L, $1, valid_from, valid_to, null, count(*) from history.%I group by valid_from, valid_to$q$,
    form.layer, form.name || '_believed') using changeset;
end $$;
comment on function history.tally_first is 'Counts the rows of a layer''s first changeset, or of one that finds nothing believed';

create or replace function history.one_digest(form history.layout) returns text
  language sql stable
  return history.digesting(form.name,  -- just written: what it opened is believed
    'recorded_to = ''infinity'' and opened_by = $3', 'recorded_to = $2 and closed_by = $3');

create or replace function history.guard_at_the_end(form history.layout, mode text) returns text
  language sql stable
  return format('set constraints history.%I, history.%I %s',
    form.name || '_believed_one_next', form.name || '_believed_next', mode);
comment on function history.guard_at_the_end is 'Mode deferred while versions are linked anew, then immediate';

create or replace function history.writing(form history.layout, staging text, pending text) returns text[]
  language sql stable
  return array[
    history.guard_at_the_end(form, 'deferred'), history.going_on(form, pending), history.keeping(form, pending),
    history.narrowing(form, pending), history.closing(form, pending), history.opening(form, staging, pending),
    history.linking(form, pending), history.guard_at_the_end(form, 'immediate')];
comment on function history.writing is 'The statements that write what is pending, in their order';

create or replace function history.write_staged(
    form history.layout, staging text, valid_from timestamptz, recorded_at timestamptz, full_delivery boolean)
  returns history.digest language plpgsql as $$
declare
  changeset bigint;
  stale jsonb;
  statement text;
  first boolean := not history.believes_anything(form);
  anything boolean;
  written history.digest;
begin
  perform history.require_intervals(staging, valid_from);
  execute history.stale(form, staging) into stale using valid_from;
  perform history.refuse_stale(stale);
  if first then
    execute format('select exists (select from only staging.%I where not remove)', staging) into anything;
  else
    perform history.compare(form, staging, valid_from, full_delivery);
    anything := exists (select from pg_temp.pending);
  end if;
  if anything then
    changeset := nextval('spatial.changeset_id_seq');
    if first then
      perform history.open_first(form, staging, valid_from, recorded_at, changeset);
      perform history.tally_first(form, changeset);
    else
      perform history.refuse_doubled(
        exists (select from pg_temp.pending group by fid having count(*) > 1));
      foreach statement in array history.writing(form, staging, 'pg_temp.pending') loop
        execute statement using valid_from, recorded_at, changeset;
      end loop;
    end if;
    execute history.one_digest(form) into written using valid_from, recorded_at, changeset;
  end if;
  if not first then
    drop table pg_temp.pending;
  end if;
  return written;
end $$;
comment on function history.write_staged is 'Writes a staging table into the layer''s table; null where nothing changes';

create or replace function history.make_edits(form history.layout, staging text) returns void
  language plpgsql as $$
begin
  perform history.drop_edits(form);
  execute format('create unlogged table staging.%I (line bigint, fid text,
    remove boolean not null default false, valid_from timestamptz, valid_to timestamptz, %s,
    content_sha256 bytea, expected_changeset bigint)', staging, concat_ws(', ',
      case when form.geometry is not null then 'geom geometry' end,
      (select string_agg(quote_ident(c) || ' ' || t, ', ' order by i)
        from unnest(form.columns, form.types) with ordinality u(c, t, i))));
  execute format('grant select, insert on staging.%I to onemap_writer', staging);
  execute format($q$
    create function history.%1$I(timestamptz, timestamptz, bigint, boolean) returns history.digest
      language plpgsql
      set random_page_cost = 0.01 as $body$  -- by key, however small the table is at the first edit
    declare
      changeset_ alias for $3;  -- no field of a contract ends in _
      pending_ history.pending[];
      written_ history.digest;
    begin
      if $4 or not exists (select from history.%2$I)
        or (select count(*) > 100 from (select from staging.%1$I limit 101) s)
      then
        written_ := history.write_staged(history.layout_of(%3$L), %1$L, $1, $2, $4);
        delete from staging.%1$I;
        return written_;
      end if;
      perform history.refuse_intervals((%4$s));
      perform history.refuse_stale((%5$s));
      pending_ := array(select row(line, fid, kind, a, b, amid, fresh)::history.pending from (%6$s) p);
      if pending_ <> '{}' then
        perform history.refuse_doubled((select count(*) > count(distinct fid) from unnest(pending_) p));
        changeset_ := nextval('spatial.changeset_id_seq');
        %7$s;
        %8$s into written_;
      end if;
      delete from staging.%1$I;
      return written_;
    end $body$ $q$,
    staging, form.name || '_believed', form.layer, history.wrong_intervals(staging), history.stale(form, staging),
    history.comparing(form, staging, false),
    array_to_string(history.writing(form, staging, 'unnest(pending_)'), E';\n'), history.one_digest(form));
end $$;
