-- Values one by one 单个观测值: written, and believed no more; and all of a datastream that ends.
-- Run by the migration that makes the store, and by 0058, which put these in the place of earlier ones.

create or replace function observe.record_one(
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
  -- else, which goes the way of every batch.
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
  if said in (3, 4) then
    insert into observe.given_flag (datastream, phenomenon_time, flag) values (stream, at, said);
  end if;
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

create or replace function observe.remove(datastreams integer[], starts timestamptz[]) returns bigint
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
  delete from observe.given_flag g using unnest(datastreams, starts) u(d, t)
    where g.datastream = u.d and g.phenomenon_time = u.t;
  perform observe.roll_up(datastreams, array(
    select date_bin('1 hour', t, '2000-01-01 00:00+08') from unnest(starts) with ordinality u(t, n) order by n));
  perform observe.refresh_latest(datastreams);
  update observe.latest set written_at = now where datastream = any(datastreams);
  return found;
end $$;
comment on function observe.remove(integer[], timestamptz[]) is 'Believe values no more; what was believed is kept';

create or replace function observe.close_datastreams(datastreams integer[]) returns void language plpgsql as $$
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
  delete from observe.given_flag where datastream = any(datastreams);
  delete from observe.roll_up_hour where datastream = any(datastreams);
  delete from observe.roll_up_day where datastream = any(datastreams);
  delete from observe.roll_up_month where datastream = any(datastreams);
  delete from observe.datastream where id = any(datastreams);
end $$;
comment on function observe.close_datastreams(integer[]) is 'Remove datastreams; their values and what they were are kept';
