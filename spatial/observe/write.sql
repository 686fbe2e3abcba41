-- Writing values 写入观测值. A caller stages a batch in observe_staged (a temporary table) and calls
-- observe.record(), which does the rest in sets. Whoever writes to a datastream locks its row of
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

create function observe.roll_up(datastreams integer[], starts timestamptz[]) returns void
  language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  delete from observe.roll_up_hour r using (select distinct d, h from unnest(datastreams, starts) u(d, h)) u
    where r.datastream = u.d and r.start = u.h;
  insert into observe.roll_up_hour (datastream, start, flag, count, numbers, minimum, maximum, total)
  select u.d, u.h, o.* from (select distinct d, h from unnest(datastreams, starts) u(d, h)) u
    cross join lateral (
      select flag, count(*), count(result_number), min(result_number), max(result_number), sum(result_number)
        from observe.observation
        where datastream = u.d and phenomenon_time >= u.h and phenomenon_time < u.h + interval '1 hour'
        group by flag) o;
  delete from observe.roll_up_day r using (
      select distinct d, date_bin('1 day', h, '2000-01-01 00:00+08') as day from unnest(datastreams, starts) u(d, h)) u
    where r.datastream = u.d and r.start = u.day;
  insert into observe.roll_up_day (datastream, start, flag, count, numbers, minimum, maximum, total)
  select u.d, u.day, o.* from (
      select distinct d, date_bin('1 day', h, '2000-01-01 00:00+08') as day from unnest(datastreams, starts) u(d, h)) u
    cross join lateral (
      select flag, sum(count), sum(numbers), min(minimum), max(maximum), sum(total) from observe.roll_up_hour
        where datastream = u.d and start >= u.day and start < u.day + interval '1 day' group by flag) o;
  delete from observe.roll_up_month r using (
      select distinct d, observe.month(h) as month from unnest(datastreams, starts) u(d, h)) u
    where r.datastream = u.d and r.start = u.month;
  insert into observe.roll_up_month (datastream, start, flag, count, numbers, minimum, maximum, total)
  select u.d, u.month, o.* from (
      select distinct d, observe.month(h) as month from unnest(datastreams, starts) u(d, h)) u
    cross join lateral (
      select flag, sum(count), sum(numbers), min(minimum), max(maximum), sum(total) from observe.roll_up_day
        where datastream = u.d and start >= u.month and start < observe.month(u.month + interval '32 days')
        group by flag) o;
end $$;
comment on function observe.roll_up(integer[], timestamptz[]) is
  'Hours, and the days and months they lie in, from the values anew';

create function observe.keep_doubles(now timestamptz) returns bigint language plpgsql as $$
declare
  again bigint;
  found bigint;
begin
  -- Several lines of one instant are as one after the other: a message that was taken before, or earlier
  -- in the batch, says nothing; of the others the last one that said something new is believed.
  with ranked as (
    select line, source, datastream, phenomenon_time, count(*) over (partition by datastream, phenomenon_time) as lines,
        row_number() over (partition by datastream, phenomenon_time, source order by line) as time
      from observe_staged),
  known as materialized (
    select r.line from ranked r where r.lines > 1 and r.source is not null and (r.time > 1
      or exists (select from observe.observation o where o.datastream = r.datastream
        and o.phenomenon_time = r.phenomenon_time and o.source = r.source)
      or exists (select from observe.superseded p where p.datastream = r.datastream
        and p.phenomenon_time = r.phenomenon_time and p.source = r.source)))
  delete from observe_staged s using known k where k.line = s.line;
  get diagnostics again = row_count;
  with ranked as (
    select line, datastream, phenomenon_time, row_number() over w = 1
        or result_number is distinct from lag(result_number) over w
        or result_json is distinct from lag(result_json) over w
        or phenomenon_end is distinct from lag(phenomenon_end) over w as changes
      from observe_staged window w as (partition by datastream, phenomenon_time order by line)),
  believed as (
    select datastream, phenomenon_time, max(line) filter (where changes) as line
      from ranked group by 1, 2 having count(*) > 1),
  gone as (
    delete from observe_staged s using believed b
      where b.datastream = s.datastream and b.phenomenon_time = s.phenomenon_time and b.line <> s.line
      returning s.*),
  kept as (
    insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details, superseded_at)
    select observe.period_number(phenomenon_time) << 40 | id, phenomenon_time, now, result_number, phenomenon_end,
      result_time, source, datastream, feature, coalesce(flag, 2), result_json, details, now from gone)
  select count(*) into found from gone;
  return again + found;
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

create function observe.record(out inserted bigint, out corrected bigint, out repeated bigint, out now timestamptz)
  language plpgsql set enable_nestloop = on as $$
declare
  total bigint;
  first_time timestamptz;
  last_time timestamptz;
  locked bigint;
  wanted bigint;
  bare integer[];
  start timestamptz;
begin
  select count(*), min(s.phenomenon_time), max(s.phenomenon_time) into total, first_time, last_time
    from observe_staged s;
  inserted := 0; corrected := 0; repeated := 0;
  if total = 0 then
    return;
  end if;
  if total > 500 then
    -- Nobody knows the staged rows' statistics: a loop over them within another would take seconds.
    perform set_config('enable_nestloop', 'off', true);
  end if;
  with named as materialized (select distinct datastream from observe_staged),
  held as (
    select l.datastream, l.written_at, l.default_feature from observe.latest l
      where l.datastream in (select n.datastream from named n) order by l.datastream for update)
  select count(*), (select count(*) from named), greatest(clock_timestamp(), max(written_at) + interval '1 microsecond'),
      array_agg(datastream) filter (where default_feature is null)
    into locked, wanted, now, bare from held;
  if locked <> wanted then
    raise exception 'a staged datastream does not exist' using errcode = 'foreign_key_violation';
  end if;
  if bare is not null then
    perform observe.make_features(bare);
  end if;
  if observe.period(first_time) = observe.period(last_time) then
    perform observe.ensure_period(observe.period(first_time));
  else
    for start in select distinct observe.period(phenomenon_time) from observe_staged loop
      perform observe.ensure_period(start);
    end loop;
  end if;
  if exists (select from observe_staged group by datastream, phenomenon_time having count(*) > 1) then
    repeated := observe.keep_doubles(now);
  end if;

  -- What is later than everything its datastream holds is new without looking.
  insert into observe_ready
  select coalesce(o.id, observe.period_number(s.phenomenon_time) << 40 | s.id), s.phenomenon_time, now,
      s.result_number, s.phenomenon_end, coalesce(s.result_time, o.result_time), s.source, s.datastream,
      coalesce(s.feature, o.feature, l.default_feature),
      coalesce(s.flag, case when s.result_number is null and s.result_json is null then 9 else 2 end),
      s.result_json, coalesce(s.details, o.details),
      case
        when o.id is null then 'new'
        when s.source is not null and (o.source = s.source or exists (
          select from observe.superseded p where p.datastream = s.datastream
            and p.phenomenon_time = s.phenomenon_time and p.source = s.source)) then 'seen'
        when s.result_number is not distinct from o.result_number
          and s.result_json is not distinct from o.result_json
          and s.phenomenon_end is not distinct from o.phenomenon_end
          and coalesce(s.result_time = o.result_time, s.result_time is null)
          and coalesce(s.feature = o.feature, s.feature is null)
          and coalesce(s.details = o.details, s.details is null)
          and (not s.said_again or s.flag is null or s.flag = o.flag)
          then case when s.source is null then 'seen' else 'again' end
        else 'corrected' end, s.line, o.was
    from observe_staged s join observe.latest l using (datastream)
    left join lateral (
      select o.*, o as was from observe.observation o
        where s.phenomenon_time <= l.phenomenon_time
          and o.datastream = s.datastream and o.phenomenon_time = s.phenomenon_time offset 0) o on true;

  insert into observe.observation (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details)
  select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature,
      flag, result_json, details
    from observe_ready where verdict = 'new';
  get diagnostics inserted = row_count;
  if inserted < total - repeated then
    corrected := observe.correct(now);
    repeated := total - inserted - corrected;
  end if;

  insert into observe.datastream_feature (datastream, feature)
  select distinct r.datastream, r.feature from observe_ready r join observe.latest l using (datastream)
    where r.feature is not null and r.feature is distinct from l.feature
  on conflict do nothing;
  perform observe.add_to_roll_ups();
  if corrected > 0 then
    perform observe.roll_up(array_agg(datastream), array_agg(hour)) from (
      select distinct datastream, date_bin('1 hour', phenomenon_time, '2000-01-01 00:00+08') as hour
        from observe_ready where verdict = 'corrected') h;
  end if;
  perform observe.renew_latest(now);
end $$;
comment on function observe.record() is 'Take the staged batch in: new, corrected, and what was there already';

create function observe.correct(now timestamptz) returns bigint
  language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  found bigint;
begin
  insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details, superseded_at)
  select (r.was).id, (r.was).phenomenon_time, (r.was).recorded_at, (r.was).result_number, (r.was).phenomenon_end,
      (r.was).result_time, (r.was).source, (r.was).datastream, (r.was).feature, (r.was).flag, (r.was).result_json,
      (r.was).details, now
    from observe_ready r where r.verdict = 'corrected'
  union all
  -- Another message with the same value: its digest is kept, for it may come again after a correction.
  select r.id, r.phenomenon_time, now, r.result_number, r.phenomenon_end, r.result_time, r.source, r.datastream,
      r.feature, r.flag, r.result_json, r.details, now
    from observe_ready r where r.verdict = 'again';
  update observe.observation o set recorded_at = r.recorded_at, result_number = r.result_number,
      phenomenon_end = r.phenomenon_end, result_time = r.result_time, source = r.source, feature = r.feature,
      flag = r.flag, result_json = r.result_json, details = r.details
    from observe_ready r
    where r.verdict = 'corrected' and o.datastream = r.datastream and o.phenomenon_time = r.phenomenon_time;
  get diagnostics found = row_count;
  return found;
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

create function observe.renew_latest(now timestamptz) returns void language plpgsql as $$
begin
  -- The last of the batch is the latest unless a later one is held.
  update observe.latest l set written_at = now, count = l.count + b.count, spans = l.spans or b.spans,
      first_time = least(l.first_time, b.first_time),
      result_first = least(l.result_first, b.result_first), result_last = greatest(l.result_last, b.result_last),
      id = case when l.phenomenon_time > b.phenomenon_time then l.id else b.id end,
      phenomenon_time = case when l.phenomenon_time > b.phenomenon_time then l.phenomenon_time else b.phenomenon_time end,
      recorded_at = case when l.phenomenon_time > b.phenomenon_time then l.recorded_at else b.recorded_at end,
      result_number = case when l.phenomenon_time > b.phenomenon_time then l.result_number else b.result_number end,
      phenomenon_end = case when l.phenomenon_time > b.phenomenon_time then l.phenomenon_end else b.phenomenon_end end,
      result_time = case when l.phenomenon_time > b.phenomenon_time then l.result_time else b.result_time end,
      feature = case when l.phenomenon_time > b.phenomenon_time then l.feature else b.feature end,
      flag = case when l.phenomenon_time > b.phenomenon_time then l.flag else b.flag end,
      result_json = case when l.phenomenon_time > b.phenomenon_time then l.result_json else b.result_json end,
      details = case when l.phenomenon_time > b.phenomenon_time then l.details else b.details end
    from (
      select g.count, g.spans, g.first_time, g.result_first, g.result_last, r.* from observe_ready r join (
        select datastream, count(*) filter (where verdict = 'new') as count, min(phenomenon_time) as first_time,
            max(phenomenon_time) as last, bool_or(phenomenon_end is not null) as spans,
            min(coalesce(result_time, phenomenon_end, phenomenon_time)) as result_first,
            max(coalesce(result_time, phenomenon_end, phenomenon_time)) as result_last
          from observe_ready where verdict in ('new', 'corrected') group by datastream) g
        on g.datastream = r.datastream and g.last = r.phenomenon_time
        where r.verdict in ('new', 'corrected')) b
    where l.datastream = b.datastream;
end $$;

create function observe.record_one(
    stream integer, at timestamptz, number double precision, json jsonb, until timestamptz, resulted timestamptz,
    message bigint, foi integer, said smallint, more jsonb)
  returns timestamptz language plpgsql as $$
declare
  held observe.latest;
  now timestamptz;
  judged smallint := coalesce(said, case when number is null and json is null then 9 else 2 end);
  made bigint;
begin
  -- One value, later than all its datastream holds and judged by no rule: what stations send. Null for all
  -- else, which is for observe.record().
  select l.* into held from observe.latest l where l.datastream = stream for update;
  if not found then
    raise exception 'the datastream does not exist' using errcode = 'foreign_key_violation';
  end if;
  if at <= held.phenomenon_time or exists (
      select from observe.datastream_property p join observe.quality_rule q using (observed_property)
        where p.datastream = stream) then
    return null;
  end if;
  if foi is null and held.default_feature is null then
    perform observe.make_features(array[stream]);
    select l.default_feature into held.default_feature from observe.latest l where l.datastream = stream;
  end if;
  foi := coalesce(foi, held.default_feature);
  now := greatest(clock_timestamp(), held.written_at + interval '1 microsecond');
  perform observe.ensure_period(observe.period(at));
  made := observe.period_number(at) << 40 | nextval('observe.observation_number');
  insert into observe.observation (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details)
    values (made, at, now, number, until, resulted, message, stream, foi, judged, json, more);
  insert into observe.roll_up_hour as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    values (stream, date_bin('1 hour', at, '2000-01-01 00:00+08'), judged, 1, (number is not null)::int, number, number, number)
  on conflict on constraint roll_up_hour_pkey do update set count = r.count + 1,
    numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
    maximum = greatest(r.maximum, excluded.maximum), total = coalesce(r.total + excluded.total, r.total, excluded.total);
  insert into observe.roll_up_day as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    values (stream, date_bin('1 day', at, '2000-01-01 00:00+08'), judged, 1, (number is not null)::int, number, number, number)
  on conflict on constraint roll_up_day_pkey do update set count = r.count + 1,
    numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
    maximum = greatest(r.maximum, excluded.maximum), total = coalesce(r.total + excluded.total, r.total, excluded.total);
  insert into observe.roll_up_month as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    values (stream, observe.month(at), judged, 1, (number is not null)::int, number, number, number)
  on conflict on constraint roll_up_month_pkey do update set count = r.count + 1,
    numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
    maximum = greatest(r.maximum, excluded.maximum), total = coalesce(r.total + excluded.total, r.total, excluded.total);
  if foi is distinct from held.feature and foi is not null then
    insert into observe.datastream_feature (datastream, feature) values (stream, foi) on conflict do nothing;
  end if;
  update observe.latest l set written_at = now, count = l.count + 1, spans = l.spans or until is not null,
      first_time = least(l.first_time, at), result_first = least(l.result_first, coalesce(resulted, until, at)),
      result_last = greatest(l.result_last, coalesce(resulted, until, at)), id = made, phenomenon_time = at,
      recorded_at = now, result_number = number, phenomenon_end = until, result_time = resulted, feature = foi,
      flag = judged, result_json = json, details = more
    where l.datastream = stream;
  return now;
end $$;

create function observe.remove(datastreams integer[], starts timestamptz[]) returns bigint
  language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  found bigint;
  now timestamptz;
begin
  with held as (
    select l.written_at from observe.latest l where l.datastream = any(datastreams) order by l.datastream for update)
  select greatest(clock_timestamp(), max(written_at) + interval '1 microsecond') into now from held;
  with gone as (
    delete from observe.observation o using unnest(datastreams, starts) u(d, t)
      where o.datastream = u.d and o.phenomenon_time = u.t returning o.*)
  insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details, superseded_at)
  select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature,
    flag, result_json, details, now from gone;
  get diagnostics found = row_count;
  perform observe.roll_up(datastreams, array(
    select date_bin('1 hour', t, '2000-01-01 00:00+08') from unnest(starts) with ordinality u(t, n) order by n));
  perform observe.refresh_latest(datastreams);
  update observe.latest set written_at = now where datastream = any(datastreams);
  return found;
end $$;
comment on function observe.remove(integer[], timestamptz[]) is 'Believe values no more; what was believed is kept';

create function observe.close_datastreams(datastreams integer[]) returns void language plpgsql as $$
declare
  now timestamptz;
begin
  with held as (
    select l.written_at from observe.latest l where l.datastream = any(datastreams) order by l.datastream for update)
  select greatest(clock_timestamp(), max(written_at) + interval '1 microsecond') into now from held;
  with gone as (delete from observe.observation o where o.datastream = any(datastreams) returning o.*)
  insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details, superseded_at)
  select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature,
    flag, result_json, details, now from gone;
  delete from observe.roll_up_hour where datastream = any(datastreams);
  delete from observe.roll_up_day where datastream = any(datastreams);
  delete from observe.roll_up_month where datastream = any(datastreams);
  delete from observe.datastream where id = any(datastreams);
end $$;
comment on function observe.close_datastreams(integer[]) is 'Remove datastreams; their values and what they were are kept';

create function observe.mark(datastreams integer[], starts timestamptz[], flags smallint[], since timestamptz)
  returns bigint language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  found bigint;
  now timestamptz;
begin
  -- The caller holds the datastreams. What was written since `since`, in this transaction, nobody has seen.
  select greatest(clock_timestamp(), max(written_at) + interval '1 microsecond') into now
    from observe.latest where datastream = any(datastreams);
  insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details, superseded_at)
  select o.id, o.phenomenon_time, o.recorded_at, o.result_number, o.phenomenon_end, o.result_time, o.source,
      o.datastream, o.feature, o.flag, o.result_json, o.details, now
    from unnest(datastreams, starts, flags) u(d, t, f) join observe.observation o
      on o.datastream = u.d and o.phenomenon_time = u.t
    where o.flag <> u.f and o.recorded_at < since;
  update observe.observation o set flag = u.f, recorded_at = case when o.recorded_at < since then now else o.recorded_at end
    from unnest(datastreams, starts, flags) u(d, t, f)
    where o.datastream = u.d and o.phenomenon_time = u.t and o.flag <> u.f;
  get diagnostics found = row_count;
  perform observe.roll_up(datastreams, array(
    select date_bin('1 hour', t, '2000-01-01 00:00+08') from unnest(starts) with ordinality u(t, n) order by n));
  update observe.latest l set flag = u.f,
      recorded_at = case when l.recorded_at < since then now else l.recorded_at end
    from unnest(datastreams, starts, flags) u(d, t, f)
    where l.datastream = u.d and l.phenomenon_time = u.t and l.flag <> u.f;
  update observe.latest set written_at = now where datastream = any(datastreams);
  return found;
end $$;
comment on function observe.mark(integer[], timestamptz[], smallint[], timestamptz) is
  'Give values another flag; the old one is kept with the instants between which it was believed';

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
