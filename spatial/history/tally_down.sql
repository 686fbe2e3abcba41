-- Without the tally: rows are written as before it.

drop function history.tally_of, history.tally_first;
drop table history.tally;

create or replace function history.linking(form history.layout, pending text) returns text
  language sql stable
  -- Retirements and gaps leave a version pointing at a start that is gone, or past a new one.
  return format($q$
    update history.%1$I v set next_from = w.next_from
      from (
        select fid, valid_from, next_from given,
            lead(valid_from) over (partition by fid order by valid_from) next_from
          from history.%1$I where fid in (select fid from %2$s p)) w
      where v.fid = w.fid and v.valid_from = w.valid_from and w.given is distinct from w.next_from$q$,
    form.name || '_believed', pending);
comment on function history.linking is null;

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
    else
      execute history.guard_at_the_end(form, 'deferred');
      execute history.closing(form, pending) using valid_from, recorded_at, changeset;
      execute history.opening(form, staging, pending) using valid_from, recorded_at, changeset;
      execute history.linking(form, pending);
      execute history.guard_at_the_end(form, 'immediate');
    end if;
    execute history.one_digest(form) into written using valid_from, recorded_at, changeset;
  end if;
  if not first then
    drop table pg_temp.pending;
  end if;
  return written;
end $$;

select history.drop_edits(l) from history.layout l;
