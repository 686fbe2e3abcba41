-- The tally 版本计数 of each layer: how many versions of which valid time each changeset brought
-- into belief, less those it took out. Versions of equal times are one line, so it is short where
-- rows are many, and the sum over the changesets up to one, of the lines that meet an instant or
-- a stretch of time, is how many features do, as believed then. Written with the rows, in the
-- same transaction, by history.linking and history.tally_first.

drop table if exists history.tally cascade;
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
