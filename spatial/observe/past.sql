-- Entities as they were known at an instant 实体的过去状态. observe.entity_past holds what each was before every change;
-- of several later changes the earliest one tells. Who may see a thing is decided by the layer that it names now, or
-- named last where it is gone.

create function observe.keep_links() returns trigger language plpgsql as $$
declare
  now timestamptz := clock_timestamp();  -- one for all: a set of links is replaced together
begin
  insert into observe.entity_past (kind, id, content, superseded_at)
  select tg_table_name, (to_jsonb(o) ->> tg_argv[0])::bigint, to_jsonb(o), now from old_rows o;
  return null;
end $$;

do $$
declare
  link record;
begin
  for link in select * from (values ('thing_location', 'thing'), ('historical_place', 'historical_location'),
    ('datastream_property', 'datastream'), ('datastream_feature', 'datastream')) l(name, owner)
  loop
    execute format('create trigger kept_removal after delete on observe.%I referencing old table as old_rows'
      ' for each statement execute function observe.keep_links(%L)', link.name, link.owner);
  end loop;
end $$;

do $$
declare
  entity text;
begin
  foreach entity in array array['location', 'historical_location', 'sensor', 'observed_property', 'feature', 'datastream']
  loop
    execute format($f$
      create function observe.%1$s_at(asof timestamptz) returns setof observe.%1$s stable language sql as $body$
        select p.* from (
          select distinct on (e.id) e.content from observe.entity_past e
            where e.kind = %1$L and e.superseded_at > asof order by e.id, e.superseded_at) x
          cross join lateral jsonb_populate_record(null::observe.%1$s, x.content) p where p.recorded_at <= asof
        union all
        select n.* from observe.%1$s n where n.recorded_at <= asof and not exists (
          select from observe.entity_past e where e.kind = %1$L and e.id = n.id and e.superseded_at > asof)
      $body$ $f$, entity);
  end loop;
end $$;

create function observe.thing_at(asof timestamptz) returns setof observe.thing stable language sql as $$
  select p.id, p.name, p.description, p.properties, p.key,
      case when now.id is null then last.content ->> 'layer' else now.layer end, p.recorded_at
    from (
      select distinct on (e.id) e.id, e.content from observe.entity_past e
        where e.kind = 'thing' and e.superseded_at > asof order by e.id, e.superseded_at) x
    cross join lateral jsonb_populate_record(null::observe.thing, x.content) p
    left join observe.thing now on now.id = x.id
    cross join lateral (
      select e.content from observe.entity_past e where e.kind = 'thing' and e.id = x.id
        order by e.superseded_at desc limit 1) last
    where p.recorded_at <= asof
  union all
  select n.* from observe.thing n where n.recorded_at <= asof and not exists (
    select from observe.entity_past e where e.kind = 'thing' and e.id = n.id and e.superseded_at > asof)
$$;

-- Links have no instant of their own: what was there just before the first removal after the instant, else what is there.
do $$
declare
  link record;
begin
  for link in select * from (values ('thing_location', 'thing'), ('historical_place', 'historical_location'),
    ('datastream_property', 'datastream'), ('datastream_feature', 'datastream')) l(name, owner)
  loop
    execute format($f$
      create function observe.%1$s_at(asof timestamptz) returns setof observe.%1$s stable language sql as $body$
        select p.* from (
          select e.content, e.superseded_at, min(e.superseded_at) over (partition by e.id) as first
            from observe.entity_past e where e.kind = %1$L and e.superseded_at > asof) x
          cross join lateral jsonb_populate_record(null::observe.%1$s, x.content) p
          where x.superseded_at = x.first
        union all
        select n.* from observe.%1$s n where not exists (
          select from observe.entity_past e where e.kind = %1$L and e.id = n.%2$s and e.superseded_at > asof)
      $body$ $f$, link.name, link.owner);
  end loop;
end $$;
