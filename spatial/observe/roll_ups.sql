-- Roll-ups anew 重算汇总: hours from their values or from what a batch says of them, days and months from their hours.
-- Run right before record.sql, whose functions use these, by each migration that runs that.
-- Statements about values bound their instants, and are planned for those bounds each time, so that they look at the
-- partitions concerned alone.

create or replace function observe.roll_up_hours(datastreams integer[], starts timestamptz[]) returns void
  language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_custom_plan as $$
declare
  low timestamptz;
  high timestamptz;
begin
  select min(h), max(h) + interval '1 hour' into low, high from unnest(starts) h;
  delete from observe.roll_up_hour r using (select distinct d, h from unnest(datastreams, starts) u(d, h)) u
    where r.datastream = u.d and r.start = u.h;
  -- Hours that follow one another are read as one span.
  insert into observe.roll_up_hour (datastream, start, flag, count, numbers, minimum, maximum, total)
  select u.d, o.* from (
      select d, min(h) as begin, max(h) + interval '1 hour' as until from (
        select d, h, h - row_number() over (partition by d order by h) * interval '1 hour' as island
          from (select distinct d, h from unnest(datastreams, starts) u(d, h)) g) g group by d, island) u
    cross join lateral (
      select date_bin('1 hour', phenomenon_time, '2000-01-01 00:00+08'), flag, count(*), count(result_number),
          min(result_number), max(result_number), sum(result_number)
        from observe.observation
        where datastream = u.d and phenomenon_time >= u.begin and phenomenon_time < u.until
          and phenomenon_time >= low and phenomenon_time < high
        group by 1, 2) o;
end $$;
comment on function observe.roll_up_hours(integer[], timestamptz[]) is 'Hours from the values anew';

create or replace function observe.roll_up_days(datastreams integer[], starts timestamptz[]) returns void
  language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off as $$
begin
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
      select distinct d, observe.month(day) as month from (
        select distinct d, date_bin('1 day', h, '2000-01-01 00:00+08') as day
          from unnest(datastreams, starts) u(d, h)) g) u
    cross join lateral (
      select flag, sum(count), sum(numbers), min(minimum), max(maximum), sum(total) from observe.roll_up_day
        where datastream = u.d and start >= u.month and start < observe.month(u.month + interval '32 days')
        group by flag) o;
end $$;
comment on function observe.roll_up_days(integer[], timestamptz[]) is
  'Days and months that hours lie in, from the hours anew';

create or replace function observe.roll_up(datastreams integer[], starts timestamptz[]) returns void
  language plpgsql as $$
begin
  perform observe.roll_up_hours(datastreams, starts);
  perform observe.roll_up_days(datastreams, starts);
end $$;
comment on function observe.roll_up(integer[], timestamptz[]) is
  'Hours, and the days and months they lie in, from the values anew';

drop function if exists observe.roll_up_batch(integer[], timestamptz, timestamptz);
create function observe.roll_up_batch(
    streams integer[], first_time timestamptz, last_time timestamptz, out datastreams integer[], out starts timestamptz[],
    out touched integer[], out days timestamptz[])
  language plpgsql as $$
begin
  -- An hour of which the batch says every value needs no other look at them. The other hours are told, and the days
  -- of all of them.
  with said as materialized (
    select datastream, date_bin('1 hour', phenomenon_time, '2000-01-01 00:00+08') as start, flag, count(*) as count,
        count(result_number) as numbers, min(result_number) as minimum, max(result_number) as maximum,
        sum(result_number) as total, count(*) filter (where verdict = 'corrected') as corrected
      from observe_ready where verdict in ('new', 'corrected') group by 1, 2, 3),
  held as materialized (
    select datastream, start, flag, count from observe.roll_up_hour r
      where r.datastream = any(streams) and r.start > roll_up_batch.first_time - interval '1 hour'
        and r.start <= roll_up_batch.last_time),
  hours as materialized (
    select s.datastream, s.start, s.count = h.count as whole
      from (select datastream, start, sum(count) as count from said group by 1, 2 having sum(corrected) > 0) s
      join (select datastream, start, sum(count) as count from held group by 1, 2) h using (datastream, start)),
  days as materialized (
    select distinct datastream, date_bin('1 day', start, '2000-01-01 00:00+08') as day from hours),
  gone as (
    delete from observe.roll_up_hour r using (
        select h.* from held h join hours using (datastream, start) left join said s using (datastream, start, flag)
          where whole and s.count is null) g
      where r.datastream = g.datastream and r.start = g.start and r.flag = g.flag
        and r.datastream = any(streams) and r.start > roll_up_batch.first_time - interval '1 hour'
        and r.start <= roll_up_batch.last_time),
  written as (
    insert into observe.roll_up_hour (datastream, start, flag, count, numbers, minimum, maximum, total)
    select datastream, start, flag, count, numbers, minimum, maximum, total
      from said join hours using (datastream, start) where whole order by 1, 2, 3
    on conflict (datastream, start, flag) do update set count = excluded.count, numbers = excluded.numbers,
      minimum = excluded.minimum, maximum = excluded.maximum, total = excluded.total)
  select array_agg(datastream) filter (where not whole), array_agg(start) filter (where not whole),
      (select array_agg(datastream) from days), (select array_agg(day) from days)
    into roll_up_batch.datastreams, roll_up_batch.starts, roll_up_batch.touched, roll_up_batch.days
    from hours h;
end $$;
comment on function observe.roll_up_batch is
  'Hours with a corrected value from the batch alone, where it says all of them; the other ones';
