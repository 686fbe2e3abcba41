-- Values of several messages in one transaction 成组提交: what stations send, one value a request.

create function observe.record_together(
    streams integer[], times timestamptz[], results double precision[], jsons jsonb[], untils timestamptz[],
    resulted timestamptz[], messages bigint[], flags smallint[], more jsonb[],
    judged boolean[])
  returns table (place integer, made bigint, recorded timestamptz)
  language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  moment timestamptz;
  bare integer[];
  start timestamptz;
begin
  -- Places that are not told wrote nothing: out of order, twice in the group, or still to be judged by rules.
  -- They go the way of every batch.
  with held as (
    select l.datastream, l.written_at, l.default_feature from observe.latest l
      where l.datastream = any(streams) order by l.datastream for update)
  select greatest(clock_timestamp(), max(written_at) + interval '1 microsecond'),
      array_agg(datastream) filter (where default_feature is null)
    into moment, bare from held;
  if bare is not null then
    perform observe.make_features(bare);
  end if;
  for start in select distinct observe.period(t) from unnest(times) t loop
    perform observe.ensure_period(start);
  end loop;
  return query
  with given as materialized (
    select s.*, count(*) over (partition by s.stream, s.at) as alike
      from unnest(streams, times, results, jsons, untils, resulted, messages, flags, more, judged) with ordinality
        s(stream, at, number, json, until, resulted_at, message, flag, details, known, place)),
  said as materialized (
    select g.place, observe.period_number(g.at) << 40 | nextval('observe.observation_number') as id, g.stream, g.at,
        g.number, g.json, g.until, g.resulted_at, g.message, g.details, l.default_feature as foi, l.feature as before,
        coalesce(g.flag, case when g.number is null and g.json is null then 9 else 2 end)::smallint as flag,
        date_bin('1 hour', g.at, '2000-01-01 00:00+08') as hour
      from given g join observe.latest l on l.datastream = g.stream
      where g.alike = 1 and (l.phenomenon_time is null or g.at > l.phenomenon_time)
        and (g.known or not exists (
          select from observe.datastream_property p join observe.quality_rule q using (observed_property)
            where p.datastream = g.stream))),
  written as (
    insert into observe.observation (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details)
    select id, at, moment, number, until, resulted_at, message, stream, foi, flag, json, details from said),
  hours as materialized (
    select stream, hour, flag, count(*) as count, count(number) as numbers, min(number) as minimum,
        max(number) as maximum, sum(number) as total
      from said group by 1, 2, 3),
  hourly as (
    insert into observe.roll_up_hour as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    select stream, hour, flag, count, numbers, minimum, maximum, total from hours order by 1, 2, 3
    on conflict (datastream, start, flag) do update set count = r.count + excluded.count,
      numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
      maximum = greatest(r.maximum, excluded.maximum),
      total = coalesce(r.total + excluded.total, r.total, excluded.total)),
  daily as (
    insert into observe.roll_up_day as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    select stream, date_bin('1 day', hour, '2000-01-01 00:00+08'), flag, sum(count), sum(numbers), min(minimum),
        max(maximum), sum(total)
      from hours group by 1, 2, 3 order by 1, 2, 3
    on conflict (datastream, start, flag) do update set count = r.count + excluded.count,
      numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
      maximum = greatest(r.maximum, excluded.maximum),
      total = coalesce(r.total + excluded.total, r.total, excluded.total)),
  monthly as (
    insert into observe.roll_up_month as r (datastream, start, flag, count, numbers, minimum, maximum, total)
    select stream, observe.month(hour), flag, sum(count), sum(numbers), min(minimum), max(maximum), sum(total)
      from hours group by 1, 2, 3 order by 1, 2, 3
    on conflict (datastream, start, flag) do update set count = r.count + excluded.count,
      numbers = r.numbers + excluded.numbers, minimum = least(r.minimum, excluded.minimum),
      maximum = greatest(r.maximum, excluded.maximum),
      total = coalesce(r.total + excluded.total, r.total, excluded.total)),
  observed as (
    insert into observe.datastream_feature (datastream, feature)
    select distinct stream, foi from said where foi is not null and foi is distinct from before
    on conflict do nothing),
  renewed as (
    update observe.latest l set written_at = moment, count = l.count + b.count, spans = l.spans or b.spans,
        first_time = least(l.first_time, b.first), result_first = least(l.result_first, b.result_first),
        result_last = greatest(l.result_last, b.result_last), id = b.id, phenomenon_time = b.at, recorded_at = moment,
        result_number = b.number, phenomenon_end = b.until, result_time = b.resulted_at, feature = b.foi,
        flag = b.flag, result_json = b.json, details = b.details
      from (
        select distinct on (stream) s.*, count(*) over w as count, min(at) over w as first,
            bool_or(until is not null) over w as spans,
            min(coalesce(resulted_at, until, at)) over w as result_first,
            max(coalesce(resulted_at, until, at)) over w as result_last
          from said s window w as (partition by stream) order by stream, at desc) b
      where l.datastream = b.stream)
  select said.place::integer, said.id, moment from said;
end $$;
comment on function observe.record_together is
  'Values later than all their datastreams hold, of many messages: place in the arrays and number of each that was written';
