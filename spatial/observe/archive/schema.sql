-- The archive of closed days 归档: which day of observations stands in which file, how many months are kept in the
-- database, and which periods are no longer there.

create function observe.day(at timestamptz) returns date
  language sql immutable parallel safe
  return ((at at time zone 'UTC') + interval '8 hours')::date;
comment on function observe.day(timestamptz) is 'The Beijing day of an instant';

create table observe.day_file (                     -- a version of a day as a file; the newest one counts
  day date not null,
  version integer not null check (version > 0),
  path text not null unique,                        -- below the folder of archives
  sha256 bytea not null check (length(sha256) = 32),
  bytes bigint not null,
  rows bigint not null,
  digest numeric not null,                          -- sum of the hashes of its rows as the database has them
  closed_at timestamptz not null default clock_timestamp(),
  primary key (day, version)
);
create trigger append_only before update or delete or truncate on observe.day_file
  for each statement execute function history.refuse();
alter table observe.day_file enable always trigger append_only;

create table observe.closing (                      -- a look at all days, that came to its end
  started_at timestamptz primary key,
  ended_at timestamptz not null default clock_timestamp(),
  files integer not null
);

create table observe.retention (                    -- how many whole months the database keeps; the newest one counts
  version integer generated always as identity primary key,
  months integer check (months >= 2),               -- null: all
  basis text not null,
  declared_at timestamptz not null default clock_timestamp(),
  declared_by text not null default coalesce(spatial.actor()->>'subject', session_user)
);
create trigger append_only before update or delete or truncate on observe.retention
  for each statement execute function history.refuse();
alter table observe.retention enable always trigger append_only;

create table observe.period_away (                  -- a partition that stands in files alone
  start timestamptz not null,
  until timestamptz not null,
  rows bigint not null,
  away_at timestamptz not null default clock_timestamp(),
  restored_at timestamptz,
  primary key (start, away_at)
);
create unique index period_away_now on observe.period_away (start) where restored_at is null;

-- What was corrected since the last look is found by this; what was written, by observation_recorded.
create index superseded_when on observe.superseded using brin (superseded_at)
  with (pages_per_range = 32, autosummarize = on);

create or replace function observe.ensure_period(start timestamptz) returns void
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
  if exists (select from observe.period_away a where a.start = ensure_period.start and a.restored_at is null) then
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

create or replace function observe.refresh_latest(datastreams integer[]) returns void language plpgsql as $$
begin
  update observe.latest l set (id, phenomenon_time, recorded_at, result_number, phenomenon_end, result_time, feature,
      flag, result_json, details) = (
      select o.id, o.phenomenon_time, o.recorded_at, o.result_number, o.phenomenon_end, o.result_time, o.feature,
        o.flag, o.result_json, o.details
        from observe.observation o where o.datastream = l.datastream order by o.phenomenon_time desc limit 1),
      first_time = case when exists (
          select from observe.period_away a
            where a.restored_at is null and l.first_time >= a.start and l.first_time < a.until)
        then l.first_time
        else (select min(phenomenon_time) from observe.observation o where o.datastream = l.datastream) end,
      count = (select coalesce(sum(r.count), 0) from observe.roll_up_month r where r.datastream = l.datastream)
    where l.datastream = any(datastreams);
end $$;

grant select on observe.day_file, observe.closing, observe.retention, observe.period_away
  to onemap_reader, onemap_writer;
grant insert on observe.day_file, observe.closing, observe.retention to onemap_writer;
