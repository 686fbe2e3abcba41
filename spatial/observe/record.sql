-- Taking a staged batch in 批量入库: what is new, what is corrected, what was there already.
-- Run by the migration that makes the store, and by 0042, 0046, 0049, 0057 and 0058, which put these in the place of earlier ones.
-- A caller finds what comes of a batch (observe.sort_out()), may judge it, and has it written (observe.take_in()).
-- A store of ten years has more than a hundred partitions: statements about values bound their instants, and
-- are planned for those bounds each time, so that they look at the partitions concerned alone.

create or replace function observe.keep_doubles(now timestamptz) returns bigint language plpgsql as $$
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
    select observe.period_number(phenomenon_time) << 40 | nextval('observe.observation_number'), phenomenon_time, now, result_number,
      phenomenon_end, result_time, source, datastream, feature, coalesce(flag, 2), result_json, details, now from gone)
  select count(*) into found from gone;
  return again + found;
end $$;

do $$ begin
  create type observe.batch as (now timestamptz, total bigint, repeated bigint, known integer[], first_time timestamptz,
    last_time timestamptz, dense boolean, ruled integer[]);
  comment on type observe.batch is 'What observe.sort_out() tells observe.take_in() of the staged batch';
exception when duplicate_object then null;
end $$;

create or replace function observe.sort_out(many bigint) returns observe.batch
  language plpgsql set enable_nestloop = on set enable_mergejoin = on as $$
declare
  now timestamptz;
  repeated bigint := 0;
  total bigint;
  most bigint;
  first_time timestamptz;
  last_time timestamptz;
  locked bigint;
  wanted bigint;
  bare integer[];
  known integer[];
  begins timestamptz[];
  ends timestamptz[];
  lines bigint;
  dense boolean := false;
  start timestamptz;
  streams integer[];
  ruled integer[];
  faulty boolean;
begin
  with named as materialized (
    select datastream, count(*) as lines, min(phenomenon_time) as first, max(phenomenon_time) as last,
        bool_or(flag in (3, 4)) as faulty
      from observe_staged group by 1),
  held as (
    select l.datastream, l.written_at, l.default_feature, n.lines, n.first, n.last, n.faulty,
        n.first <= l.phenomenon_time as late
      from observe.latest l join named n using (datastream) order by l.datastream for update of l)
  select count(*), (select count(*) from named), greatest(clock_timestamp(), max(written_at) + interval '1 microsecond'),
      sum(held.lines), max(held.lines), min(first), max(last),
      array_agg(datastream) filter (where default_feature is null),
      array_agg(datastream) filter (where late), array_agg(first) filter (where late),
      array_agg(last) filter (where late), sum(held.lines) filter (where late), array_agg(datastream),
      bool_or(held.faulty)
    into locked, wanted, now, total, most, first_time, last_time, bare, known, begins, ends, lines, streams, faulty
    from held;
  if wanted = 0 then
    return null;
  end if;
  if locked <> wanted then
    raise exception 'a staged datastream does not exist' using errcode = 'foreign_key_violation';
  end if;
  if total > 500 then
    -- Nobody knows the staged rows' statistics: a loop over them within another would take seconds.
    perform set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true);
  end if;
  if bare is not null then
    perform observe.make_features(bare);
  end if;
  if observe.period(first_time) = observe.period(last_time) then
    perform observe.ensure_period(observe.period(first_time));
  else
    for start in select distinct observe.period(day) from (
      select distinct date_bin('1 day', phenomenon_time, '2000-01-01 00:00+08') as day from observe_staged) s
    loop
      perform observe.ensure_period(start);
    end loop;
  end if;
  -- What rises from line to line says nothing twice, whatever order that is.
  if most > 1 and exists (
      select from (
        select datastream, phenomenon_time, lag(datastream) over () as stream, lag(phenomenon_time) over () as time
          from observe_staged) s
        where (datastream, phenomenon_time) <= (stream, time))
      and exists (select from observe_staged group by datastream, phenomenon_time having count(*) > 1) then
    repeated := observe.keep_doubles(now);
  end if;

  -- What is later than everything its datastream holds is new without looking.
  if known is not null then
    if total > 500 then
      select coalesce(sum(r.count), 0) <= 4 * lines into dense
        from unnest(known, begins, ends) u(stream, first, last) join observe.roll_up_month r
          on r.datastream = u.stream and r.start >= observe.month(u.first) and r.start <= u.last;
    end if;
    perform observe.look_up(known, first_time, last_time, dense);
  end if;
  -- Of a large batch the caller judges ahead what rules look at that ask no stations near by; mostly it passes, so
  -- that is said here. Few values are dearer to judge ahead than to touch again.
  if total > many and exists (select from observe.quality_rule) then
    select array_agg(p.datastream) into ruled
      from observe.datastream_property p join observe.datastream d on d.id = p.datastream and not d.multi
      join lateral (select q.rules from observe.quality_rule q where q.observed_property = p.observed_property
        order by q.version desc limit 1) q on not q.rules ? 'neighbour'
      where p.datastream = any(streams);
  end if;
  insert into observe_ready
  select coalesce(o.id, observe.period_number(s.phenomenon_time) << 40 | nextval('observe.observation_number')), s.phenomenon_time, now,
      s.result_number, s.phenomenon_end, coalesce(s.result_time, o.result_time), s.source, s.datastream,
      coalesce(s.feature, o.feature, l.default_feature),
      coalesce(s.flag, case when s.result_number is null and s.result_json is null then 9
        when s.result_number is not null and s.datastream = any(ruled) then 1 else 2 end),
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
        else 'corrected' end, s.line
    from observe_staged s join observe.latest l using (datastream)
    left join observe_held o on o.datastream = s.datastream and o.phenomenon_time = s.phenomenon_time;
  -- What the givers of values say is wrong with them stays, whatever rules find and take back.
  if known is not null then
    delete from observe.given_flag g using observe_ready r
      where r.verdict = 'corrected' and g.datastream = r.datastream and g.phenomenon_time = r.phenomenon_time
        and g.datastream = any(known) and g.phenomenon_time between first_time and last_time;
  end if;
  if faulty then
    insert into observe.given_flag (datastream, phenomenon_time, flag)
    select datastream, phenomenon_time, flag from observe_ready
      where flag in (3, 4) and verdict in ('new', 'corrected');
  end if;
  return row(now, total, repeated, known, first_time, last_time, dense, ruled)::observe.batch;
end $$;
comment on function observe.sort_out is
  'Find what of the staged batch is new, corrected, and there already, in observe_ready; its datastreams are locked';

create or replace function observe.take_in(b observe.batch, out inserted bigint, out corrected bigint, out repeated bigint)
  language plpgsql set enable_nestloop = on set enable_mergejoin = on as $$
declare
  touched integer[];
  hours timestamptz[];
  others integer[];
  other_hours timestamptz[];
begin
  inserted := 0; corrected := 0; repeated := b.repeated;
  if b.total > 500 then
    perform set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true);
  end if;
  insert into observe.observation (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
    source, datastream, feature, flag, result_json, details)
  select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature,
      flag, result_json, details
    from observe_ready where verdict = 'new';
  get diagnostics inserted = row_count;
  if inserted < b.total - repeated then
    corrected := observe.correct(b.now, b.known, b.first_time, b.last_time, b.dense);
    repeated := b.total - inserted - corrected;
  end if;

  insert into observe.datastream_feature (datastream, feature)
  select distinct r.datastream, r.feature from observe_ready r join observe.latest l using (datastream)
    where r.feature is not null and r.feature is distinct from l.feature
  on conflict do nothing;
  if inserted > 0 then
    perform observe.add_to_roll_ups();
  end if;
  if corrected > 0 then
    if b.dense then
      select r.datastreams, r.starts, r.touched, r.days into others, other_hours, touched, hours
        from observe.roll_up_batch(b.known, b.first_time, b.last_time) r;
      if others is not null then
        perform observe.roll_up_hours(others, other_hours);
      end if;
    else
      select array_agg(datastream), array_agg(hour) into touched, hours from (
        select distinct datastream, date_bin('1 hour', phenomenon_time, '2000-01-01 00:00+08') as hour
          from observe_ready where verdict = 'corrected') h;
      perform observe.roll_up_hours(touched, hours);
    end if;
    perform observe.roll_up_days(touched, hours);
  end if;
  if inserted + corrected > 0 then
    perform observe.renew_latest(b.now);
  end if;
end $$;
comment on function observe.take_in is 'Write what observe_ready holds, with the flags that it has';

drop function if exists observe.record();

create or replace function observe.look_up(
    streams integer[], first_time timestamptz, last_time timestamptz, dense boolean) returns void
  language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_custom_plan as $$
begin
  if dense then
    -- The batch speaks of most of what its datastreams hold there: that is read in one go.
    perform set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true);
    insert into observe_held
    select o.* from observe.observation o
      where o.datastream = any(streams) and o.phenomenon_time between first_time and last_time;
  else
    insert into observe_held
    select o.* from observe_staged s join observe.latest l using (datastream)
      cross join lateral (
        select o.* from observe.observation o
          where s.phenomenon_time <= l.phenomenon_time
            and o.datastream = s.datastream and o.phenomenon_time = s.phenomenon_time
            and o.phenomenon_time between look_up.first_time and look_up.last_time offset 0) o
      where s.datastream = any(streams);
  end if;
end $$;
comment on function observe.look_up is 'Put what is held at the keys of the staged batch into observe_held';

create or replace function observe.correct(
    now timestamptz, streams integer[], first_time timestamptz, last_time timestamptz, dense boolean) returns bigint
  language plpgsql set enable_nestloop = on set enable_hashjoin = on set enable_mergejoin = off
  set plan_cache_mode = force_custom_plan as $$
declare
  found bigint;
  others bigint;
  whole boolean;
begin
  select count(*) filter (where verdict = 'corrected'), count(*) filter (where verdict = 'again')
    into found, others from observe_ready;
  whole := found = (select count(*) from observe_held);
  if whole then
    insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details, superseded_at)
    select h.*, now from observe_held h;
  else
    insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details, superseded_at)
    select h.*, now from observe_ready r join observe_held h using (datastream, phenomenon_time)
      where r.verdict = 'corrected';
  end if;
  if others > 0 then
    -- Another message with the same value: its digest is kept, for it may come again after a correction.
    insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details, superseded_at)
    select r.id, r.phenomenon_time, now, r.result_number, r.phenomenon_end, r.result_time, r.source, r.datastream,
        r.feature, r.flag, r.result_json, r.details, now
      from observe_ready r where r.verdict = 'again';
  end if;
  if found = 0 then
    return 0;
  end if;
  if dense then
    -- An update would enter every index anew and look in them for what it could clear away, in vain: all of it
    -- is of this transaction. To delete and insert takes a third less.
    perform set_config('enable_nestloop', 'off', true);
    if whole then
      delete from observe.observation o
        where o.datastream = any(streams) and o.phenomenon_time between first_time and last_time;
    else
      delete from observe.observation o using observe_ready r
        where r.verdict = 'corrected' and o.datastream = r.datastream and o.phenomenon_time = r.phenomenon_time
          and o.datastream = any(streams) and o.phenomenon_time between first_time and last_time;
    end if;
    get diagnostics found = row_count;
    insert into observe.observation (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details)
    select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature,
        flag, result_json, details
      from observe_ready where verdict = 'corrected';
    return found;
  end if;
  perform set_config('enable_hashjoin', 'off', true);
  update observe.observation o set recorded_at = r.recorded_at, result_number = r.result_number,
      phenomenon_end = r.phenomenon_end, result_time = r.result_time, source = r.source, feature = r.feature,
      flag = r.flag, result_json = r.result_json, details = r.details
    from observe_ready r
    where r.verdict = 'corrected' and o.datastream = r.datastream and o.phenomenon_time = r.phenomenon_time
      and o.datastream = any(streams) and o.phenomenon_time between first_time and last_time;
  get diagnostics found = row_count;
  return found;
end $$;

create or replace function observe.renew_latest(now timestamptz) returns void language plpgsql as $$
begin
  -- The last of the batch is the latest unless a later one is held.
  with g as materialized (
    select datastream, count(*) filter (where verdict = 'new') as count, min(phenomenon_time) as first_time,
        max(phenomenon_time) as last, bool_or(phenomenon_end is not null) as spans,
        min(coalesce(result_time, phenomenon_end, phenomenon_time)) as result_first,
        max(coalesce(result_time, phenomenon_end, phenomenon_time)) as result_last
      from observe_ready where verdict in ('new', 'corrected') group by datastream),
  b as materialized (
    select g.count, g.spans, g.first_time, g.result_first, g.result_last, r.* from observe_ready r
      join g on g.datastream = r.datastream and g.last = r.phenomenon_time
      where r.verdict in ('new', 'corrected'))
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
    from b where l.datastream = b.datastream;
end $$;

create or replace function observe.mark(datastreams integer[], starts timestamptz[], flags smallint[], since timestamptz)
  returns bigint language plpgsql set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_custom_plan as $$
declare
  found bigint;
  now timestamptz;
  low timestamptz;
  high timestamptz;
  dense boolean := false;
  streams integer[];
  touched integer[];
  hours timestamptz[];
begin
  select min(t), max(t), array_agg(distinct d) into low, high, streams from unnest(datastreams, starts) u(d, t);
  -- The caller holds the datastreams. What was written since `since`, in this transaction, nobody has seen.
  select greatest(clock_timestamp(), max(written_at) + interval '1 microsecond') into now
    from observe.latest where datastream = any(streams);
  if cardinality(datastreams) > 500 then
    select coalesce(sum(r.count), 0) <= 4 * cardinality(datastreams) into dense
      from (select d, min(t) as first, max(t) as last from unnest(datastreams, starts) u(d, t) group by d) u
      join observe.roll_up_month r on r.datastream = u.d and r.start >= observe.month(u.first) and r.start <= u.last;
  end if;
  if dense then
    -- As in observe.correct(): taken out and put in again.
    perform set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'on', true);
    with gone as (
      delete from observe.observation o using unnest(datastreams, starts, flags) u(d, t, f)
        where o.datastream = u.d and o.phenomenon_time = u.t and o.flag <> u.f
          and o.datastream = any(streams) and o.phenomenon_time between low and high
        returning o.*, u.f as judged),
    kept as (
      insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
        source, datastream, feature, flag, result_json, details, superseded_at)
      select id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, source, datastream, feature,
          flag, result_json, details, now
        from gone where recorded_at < since)
    insert into observe.observation (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details)
    select id, phenomenon_time, case when recorded_at < since then now else recorded_at end, result_number,
        phenomenon_end, result_time, source, datastream, feature, judged, result_json, details
      from gone;
    get diagnostics found = row_count;
    perform set_config('enable_nestloop', 'on', true), set_config('enable_hashjoin', 'off', true);
  else
    insert into observe.superseded (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time,
      source, datastream, feature, flag, result_json, details, superseded_at)
    select o.id, o.phenomenon_time, o.recorded_at, o.result_number, o.phenomenon_end, o.result_time, o.source,
        o.datastream, o.feature, o.flag, o.result_json, o.details, now
      from unnest(datastreams, starts, flags) u(d, t, f) join observe.observation o
        on o.datastream = u.d and o.phenomenon_time = u.t
      where o.flag <> u.f and o.recorded_at < since and o.phenomenon_time between low and high;
    update observe.observation o set flag = u.f, recorded_at = case when o.recorded_at < since then now else o.recorded_at end
      from unnest(datastreams, starts, flags) u(d, t, f)
      where o.datastream = u.d and o.phenomenon_time = u.t and o.flag <> u.f
        and o.phenomenon_time between low and high;
    get diagnostics found = row_count;
  end if;
  select array_agg(d), array_agg(h) into touched, hours from (
    select distinct d, date_bin('1 hour', t, '2000-01-01 00:00+08') as h from unnest(datastreams, starts) u(d, t)) g;
  perform observe.roll_up(touched, hours);
  update observe.latest l set flag = u.f,
      recorded_at = case when l.recorded_at < since then now else l.recorded_at end
    from unnest(datastreams, starts, flags) u(d, t, f)
    where l.datastream = u.d and l.phenomenon_time = u.t and l.flag <> u.f;
  update observe.latest set written_at = now where datastream = any(streams);
  return found;
end $$;
comment on function observe.mark(integer[], timestamptz[], smallint[], timestamptz) is
  'Give values another flag; the old one is kept with the instants between which it was believed';
