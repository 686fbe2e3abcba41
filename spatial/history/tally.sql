-- The tally 版本计数 of each layer: how many versions of which valid time each changeset brought
-- into belief, less those it took out. Versions of equal times are one line, so it is short where
-- rows are many, and the sum over the changesets up to one, of the lines that meet an instant or
-- a stretch of time, is how many features do, as believed then. Written with the rows, in the
-- same statements and the same transaction.

create table history.tally (
  layer text not null,
  changeset bigint not null,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  next_from timestamptz,              -- start of the feature's next version, as believed after the changeset
  number bigint not null
);
comment on table history.tally is 'Versions by valid time that each changeset opened (+) and closed (-), counted';
create index tally_changeset on history.tally (layer, changeset);

create function history.tally_first(form history.layout, changeset bigint) returns void
  language plpgsql as $$
begin
  execute format($q$
    insert into history.tally
    select %L, $1, valid_from, valid_to, null, count(*) from history.%I group by valid_from, valid_to$q$,
    form.layer, form.name || '_believed') using changeset;
end $$;
comment on function history.tally_first is 'Counts the rows of a layer''s first changeset, or of one that finds nothing believed';

create or replace function history.linking(form history.layout, pending text) returns text
  language sql stable
  -- Retirements and gaps leave a version pointing at a start that is gone, or past a new one.
  -- What is counted beside the links anew is what was there before them: old links go, new ones come.
  return format($q$
    with linked as (
      update history.%1$I v set next_from = w.next_from
        from (
          select fid, valid_from, next_from given,
              lead(valid_from) over (partition by fid order by valid_from) next_from
            from history.%1$I where fid in (select fid from %2$s p)) w
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

create or replace function history.write_staged(
    form history.layout, staging text, valid_from timestamptz, recorded_at timestamptz, full_delivery boolean)
  returns history.digest language plpgsql as $$
declare
  pending text := 'pg_temp.pending';
  changeset bigint;
  stale jsonb;
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
      execute history.guard_at_the_end(form, 'deferred');
      execute history.closing(form, pending) using valid_from, recorded_at, changeset;
      execute history.opening(form, staging, pending) using valid_from, recorded_at, changeset;
      execute history.linking(form, pending) using valid_from, recorded_at, changeset;
      execute history.guard_at_the_end(form, 'immediate');
    end if;
    execute history.one_digest(form) into written using valid_from, recorded_at, changeset;
  end if;
  if not first then
    drop table pg_temp.pending;
  end if;
  return written;
end $$;

create function history.tally_of(form history.layout)
  returns setof history.tally language plpgsql stable as $$
begin
  return query execute format($q$
    with often as materialized (select fid from history.%1$I group by fid having count(*) > 1),
    turns as (  -- of each feature of several versions, the changesets that touched it
      select distinct v.fid, k changeset
        from history.%1$I v join often using (fid), unnest(array[v.opened_by, v.closed_by]) k
        where k is not null),
    states as (
      select t.fid, t.changeset, v.valid_from, v.valid_to,
          lead(v.valid_from) over (partition by t.fid, t.changeset order by v.valid_from) next_from
        from turns t join history.%1$I v on v.fid = t.fid and v.opened_by <= t.changeset
          and (v.closed_by is null or v.closed_by > t.changeset)),
    counted as (
      select e.changeset, valid_from, valid_to, null::timestamptz next_from, e.number
        from history.%1$I v, lateral (values (opened_by, 1), (closed_by, -1)) e(changeset, number)
        where e.changeset is not null and not exists (select from often o where o.fid = v.fid)
      union all
      select changeset, valid_from, valid_to, next_from, 1 from states
      union all
      select f.following, s.valid_from, s.valid_to, s.next_from, -1
        from states s join (
          select fid, changeset, lead(changeset) over (partition by fid order by changeset) following
            from turns) f on f.fid = s.fid and f.changeset = s.changeset
        where f.following is not null)
    select %2$L, changeset, valid_from, valid_to, next_from, sum(number)::bigint
      from counted group by changeset, valid_from, valid_to, next_from having sum(number) <> 0$q$,
    form.name, form.layer);
end $$;
comment on function history.tally_of is 'What the tally of a layer must hold, counted from all its versions';

insert into history.tally select t.* from history.layout l, history.tally_of(l) t;
select history.drop_edits(l) from history.layout l;  -- the next edit makes them, with the tally
