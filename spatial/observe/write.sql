-- Writing values 写入观测值. A caller stages a batch in observe_staged (a temporary table) and calls what
-- record.sql has, which does the rest in sets. Whoever writes to a datastream locks its row of
-- observe.latest first, in order: writers of one datastream follow one another, others do not wait.

create function observe.period(at timestamptz) returns timestamptz
  language sql immutable parallel safe
  return case when at < '2010-01-01 00:00+08'
    then date_trunc('year', (at at time zone 'UTC') + interval '8 hours') - interval '8 hours'
    else date_trunc('month', (at at time zone 'UTC') + interval '8 hours') - interval '8 hours' end at time zone 'UTC';
comment on function observe.period(timestamptz) is 'Beginning of the partition that holds an instant';

create function observe.month(at timestamptz) returns timestamptz
  language sql immutable parallel safe
  return (date_trunc('month', (at at time zone 'UTC') + interval '8 hours') - interval '8 hours') at time zone 'UTC';
comment on function observe.month(timestamptz) is 'Beginning of the Beijing month of an instant';

create function observe.period_number(at timestamptz) returns bigint
  language sql immutable parallel safe
  return case when at < '2010-01-01 00:00+08'
    then (extract(year from (at at time zone 'UTC') + interval '8 hours')::bigint - 1800) * 12
    else (extract(year from (at at time zone 'UTC') + interval '8 hours')::bigint - 1800) * 12
      + extract(month from (at at time zone 'UTC') + interval '8 hours')::bigint - 1 end;

create function observe.is_away(at timestamptz) returns boolean language sql stable as 'select false';
comment on function observe.is_away(timestamptz) is 'Whether values of then stand in files alone; the archive says when';

create function observe.ensure_period(start timestamptz) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  name text := 'observation_' || to_char((start at time zone 'UTC') + interval '8 hours',
    case when start < '2010-01-01 00:00+08' then 'YYYY' else 'YYYY_MM' end);
  until timestamptz := ((start at time zone 'UTC') + interval '8 hours'
    + case when start < '2010-01-01 00:00+08' then interval '1 year' else interval '1 month' end
    - interval '8 hours') at time zone 'UTC';
begin
  if to_regclass('observe.' || name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(7283, 25);
  if to_regclass('observe.' || name) is not null then
    return;
  end if;
  -- An empty partition in its place would take what is known already for new.
  if observe.is_away(start) then
    raise exception 'period away: %', to_char((start at time zone 'UTC') + interval '8 hours',
        case when start < '2010-01-01 00:00+08' then 'YYYY' else 'YYYY-MM' end)
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  -- Attaching lets readers and writers go on; "create … partition of" would stop them.
  execute format('create table observe.%I (like observe.observation including defaults including constraints)'
    ' with (autovacuum_vacuum_insert_scale_factor = 0.05)', name);
  execute format('alter table observe.observation attach partition observe.%I for values from (%L) to (%L)',
    name, start, until);
  execute format('grant select on observe.%I to onemap_reader', name);
end $$;
comment on function observe.ensure_period(timestamptz) is 'Make the partition that begins at an instant';

create function observe.make_features(datastreams integer[]) returns void
  language plpgsql set enable_nestloop = on as $$
begin
  if cardinality(datastreams) > 500 then
    perform set_config('enable_nestloop', 'off', true);
  end if;
  -- 18-088, 8.2.8: where no feature is said, it is made from where the thing is.
  insert into observe.feature (name, description, encoding_type, feature, geom, of_location)
  select distinct on (l.id) l.name, l.description, l.encoding_type, l.location, l.geom, l.id
    from unnest(datastreams) w(id) join observe.datastream d on d.id = w.id
    join observe.thing_location t on t.thing = d.thing join observe.location l on l.id = t.location
  on conflict (of_location) do nothing;
  update observe.latest u set default_feature = n.feature
    from (
      select distinct on (d.id) d.id, f.id as feature
        from unnest(datastreams) w(id) join observe.datastream d on d.id = w.id
        join observe.thing_location t on t.thing = d.thing join observe.feature f on f.of_location = t.location
        order by d.id, f.id) n
    where u.datastream = n.id and u.default_feature is null;
end $$;

create function observe.refresh_latest(datastreams integer[]) returns void language plpgsql as $$
begin
  update observe.latest l set (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, feature,
      flag, result_json, details) = (
      select o.id, o.phenomenon_time, o.recorded_at, o.result_number, o.phenomenon_end, o.result_time, o.feature,
        o.flag, o.result_json, o.details
        from observe.observation o where o.datastream = l.datastream order by o.phenomenon_time desc limit 1),
      first_time = case when observe.is_away(l.first_time) then l.first_time
        else (select min(phenomenon_time) from observe.observation o where o.datastream = l.datastream) end,
      count = (select coalesce(sum(r.count), 0) from observe.roll_up_month r where r.datastream = l.datastream)
    where l.datastream = any(datastreams);
end $$;

create function observe.add_to_roll_ups() returns void language plpgsql as $$
begin
  with hours as materialized (
    select datastream, date_bin('1 hour', phenomenon_time, '2000-01-01 00:00+08') as start, flag, count(*) as count,
        count(result_number) as numbers, min(result_number) as minimum, max(result_number) as maximum,
        sum(result_number) as total
      from observe_ready where verdict = 'new' group by 1, 2, 3),
  hourly as (
    insert into observe.roll_up_hour as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    select datastream, start, flag, count, numbers, minimum, maximum, total from hours order by 1, 2, 3
    on conflict (datastream, start, flag) do update set count = r.count + excluded.count,
      numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
      maximum = greatest(r.maximum, excluded.maximum),
      total = coalesce(r.total + excluded.total, r.total, excluded.total)),
  monthly as (
    insert into observe.roll_up_month as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    select datastream, observe.month(start), flag, sum(count), sum(numbers), min(minimum), max(maximum), sum(total)
      from hours group by 1, 2, 3 order by 1, 2, 3
    on conflict (datastream, start, flag) do update set count = r.count + excluded.count,
      numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
      maximum = greatest(r.maximum, excluded.maximum),
      total = coalesce(r.total + excluded.total, r.total, excluded.total))
  insert into observe.roll_up_day as r (datastream, start, flag, count, numbers, minimum, maximum, total)
  select datastream, date_bin('1 day', start, '2000-01-01 00:00+08'), flag, sum(count), sum(numbers), min(minimum),
      max(maximum), sum(total)
    from hours group by 1, 2, 3 order by 1, 2, 3
  on conflict (datastream, start, flag) do update set count = r.count + excluded.count,
    numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
    maximum = greatest(r.maximum, excluded.maximum),
    total = coalesce(r.total + excluded.total, r.total, excluded.total);
end $$;

create view observe.believed as
select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature, flag,
    result_json, details
  from observe.observation where recorded_at <= spatial.asof()
union all
select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature, flag,
    result_json, details
  from observe.superseded where recorded_at <= spatial.asof() and superseded_at > spatial.asof();
comment on view observe.believed is 'Values as they were believed at spatial.asof';

grant select on observe.believed to onemap_reader, onemap_writer;

select observe.ensure_period(observe.period(now() + n * interval '1 month')) from generate_series(-1, 2) n;
