-- Observations 观测: what is installed in the city, what it measures, and every value it ever gave.
--
-- Values lie in native partitions by the time of the phenomenon: a Beijing month each, before 2010 a
-- year each, since archives are thin. A value is known by its datastream and phenomenon time; there is
-- one believed row of each. A correction keeps that row's number and moves what was believed before to
-- observe.superseded with both instants of belief, so that reads as of any instant find it. Nothing
-- else ever leaves a partition.
--
-- The number of an observation fits JSON numbers (53 bits): 13 bits name the partition, 40 bits count.
-- Numbers rise with the pages of a partition, so a BRIN index of some kilobytes finds one.

create schema observe;
grant usage on schema observe to onemap_reader, onemap_writer;

-- Entities 实体 of OGC SensorThings 1.1 (18-088, clause 8). `key` is how a device or a property is known
-- outside; `layer` is the catalogue's layer whose steward decides who reads and writes.

create table observe.thing (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null default '',
  properties jsonb,
  key text generated always as (properties->>'key') stored unique,
  layer text collate "C" generated always as (properties->>'layer') stored,
  recorded_at timestamptz not null default clock_timestamp()
);

create table observe.location (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null default '',
  encoding_type text not null,
  location jsonb not null,
  geom geometry(Geometry, 4490),
  properties jsonb,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on observe.location using gist (geom);

create table observe.thing_location (               -- where a thing is now
  thing bigint not null references observe.thing on delete cascade,
  location bigint not null references observe.location on delete cascade,
  primary key (thing, location)
);
create index on observe.thing_location (location);

create table observe.historical_location (          -- where it was from an instant on
  id bigint generated always as identity primary key,
  thing bigint not null references observe.thing on delete cascade,
  time timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on observe.historical_location (thing, time);

create table observe.historical_place (
  historical_location bigint not null references observe.historical_location on delete cascade,
  location bigint not null references observe.location on delete cascade,
  primary key (historical_location, location)
);
create index on observe.historical_place (location);

create table observe.sensor (
  id bigint generated always as identity primary key,
  name text not null,
  description text not null default '',
  encoding_type text not null,
  metadata jsonb not null,
  properties jsonb,
  recorded_at timestamptz not null default clock_timestamp()
);

create table observe.observed_property (
  id bigint generated always as identity primary key,
  name text not null,
  definition text not null,
  description text not null default '',
  properties jsonb,
  key text generated always as (properties->>'key') stored unique,
  recorded_at timestamptz not null default clock_timestamp()
);

create table observe.feature (                      -- FeatureOfInterest
  id integer generated always as identity primary key,
  name text not null,
  description text not null default '',
  encoding_type text not null,
  feature jsonb not null,
  geom geometry(Geometry, 4490),
  properties jsonb,
  of_location bigint unique references observe.location on delete set null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on observe.feature using gist (geom);

create table observe.datastream (                   -- Datastream, and MultiDatastream where multi
  id integer generated always as identity primary key,
  multi boolean not null default false,
  name text not null,
  description text not null default '',
  observation_type text not null,
  unit jsonb not null,                              -- of a MultiDatastream an array, one a property
  data_types jsonb,                                 -- multiObservationDataTypes
  thing bigint not null references observe.thing on delete cascade,
  sensor bigint not null references observe.sensor on delete cascade,
  properties jsonb,
  key text generated always as (properties->>'key') stored unique,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on observe.datastream (thing);
create index on observe.datastream (sensor);

create table observe.datastream_property (
  datastream integer not null references observe.datastream on delete cascade,
  position smallint not null default 0,
  observed_property bigint not null references observe.observed_property on delete cascade,
  primary key (datastream, position)
);
create index on observe.datastream_property (observed_property);

-- What an entity was before it was changed or removed.

create table observe.entity_past (
  kind text not null,
  id bigint not null,
  content jsonb not null,
  superseded_at timestamptz not null default clock_timestamp(),
  actor jsonb not null default spatial.actor()
);
create index on observe.entity_past (kind, id);
create trigger append_only before update or delete or truncate on observe.entity_past
  for each statement execute function history.refuse();
alter table observe.entity_past enable always trigger append_only;

create function observe.keep_entities() returns trigger language plpgsql as $$
begin
  insert into observe.entity_past (kind, id, content) select tg_table_name, o.id, to_jsonb(o) from old_rows o;
  return null;
end $$;

do $$
declare
  entity text;
begin
  foreach entity in array array['thing', 'location', 'historical_location', 'sensor', 'observed_property',
    'feature', 'datastream']
  loop
    execute format('create trigger kept_change after update on observe.%I referencing old table as old_rows'
      ' for each statement execute function observe.keep_entities()', entity);
    execute format('create trigger kept_removal after delete on observe.%I referencing old table as old_rows'
      ' for each statement execute function observe.keep_entities()', entity);
  end loop;
end $$;

-- Values.

create sequence observe.observation_number as bigint maxvalue 1099511627775;

create table observe.observation (
  id bigint not null,
  phenomenon_time timestamptz not null,             -- its beginning, where it is a span
  recorded_at timestamptz not null,
  result_number double precision,
  phenomenon_end timestamptz,
  result_time timestamptz,
  source bigint,                                    -- digest of the message it came in
  datastream integer not null,
  feature integer,
  flag smallint not null,                           -- QARTOD 1 pass 2 not evaluated 3 suspect 4 fail 9 missing
  result_json jsonb,                                -- a result that is no number
  details jsonb,                                    -- validTime, parameters, resultQuality
  primary key (datastream, phenomenon_time) include (result_number, flag)
) partition by range (phenomenon_time);
create index observation_time on observe.observation (phenomenon_time);
create index observation_id on observe.observation using brin (id) with (pages_per_range = 16, autosummarize = on);

create table observe.superseded (
  like observe.observation,
  superseded_at timestamptz not null,
  check (recorded_at <= superseded_at)              -- equal where a message changed nothing: only its digest counts
);
create index on observe.superseded (datastream, phenomenon_time, recorded_at);
create trigger append_only before update or delete or truncate on observe.superseded
  for each statement execute function history.refuse();
alter table observe.superseded enable always trigger append_only;

create table observe.latest (                       -- one row a datastream, locked by whoever writes to it
  datastream integer primary key references observe.datastream on delete cascade,
  count bigint not null default 0,
  spans boolean not null default false,             -- some values have a span of time, not an instant
  first_time timestamptz,
  result_first timestamptz,
  result_last timestamptz,
  written_at timestamptz not null default '-infinity',
  default_feature integer references observe.feature on delete set null,
  id bigint,
  phenomenon_time timestamptz,
  recorded_at timestamptz,
  result_number double precision,
  phenomenon_end timestamptz,
  result_time timestamptz,
  feature integer,
  flag smallint,
  result_json jsonb,
  details jsonb
) with (fillfactor = 50);

create table observe.datastream_feature (           -- which features a datastream has ever observed
  datastream integer not null references observe.datastream on delete cascade,
  feature integer not null references observe.feature on delete cascade,
  primary key (datastream, feature)
);
create index on observe.datastream_feature (feature);

create table observe.roll_up_hour (
  datastream integer not null,
  start timestamptz not null,
  flag smallint not null,
  count integer not null,
  numbers integer not null,                         -- of them with a number
  minimum double precision,
  maximum double precision,
  total double precision,
  primary key (datastream, start, flag)
) with (fillfactor = 80);
create index on observe.roll_up_hour using brin (start) with (pages_per_range = 32, autosummarize = on);
create table observe.roll_up_day (like observe.roll_up_hour including all) with (fillfactor = 80);
create table observe.roll_up_month (like observe.roll_up_hour including all) with (fillfactor = 80);

-- Rules of quality control 质量控制规则, versioned: a version that was superseded keeps its number.

create table observe.quality_rule (
  observed_property bigint not null references observe.observed_property on delete cascade,
  version integer not null,
  rules jsonb not null,
  basis text not null,
  declared_at timestamptz not null default clock_timestamp(),
  declared_by text not null default coalesce(spatial.actor()->>'subject', session_user),
  primary key (observed_property, version)
);
create trigger append_only before update or truncate on observe.quality_rule
  for each statement execute function history.refuse();

create table observe.finding (                      -- what a test found wrong; a value without one passed
  datastream integer not null,
  phenomenon_time timestamptz not null,
  recorded_at timestamptz not null,
  test text not null,
  flag smallint not null,
  version integer not null
);
create index on observe.finding (datastream, phenomenon_time);

create function observe.open_datastream() returns trigger language plpgsql as $$
begin
  insert into observe.latest (datastream) select id from new_rows;
  return null;
end $$;
create trigger opened after insert on observe.datastream referencing new table as new_rows
  for each statement execute function observe.open_datastream();

grant select on all tables in schema observe to onemap_reader;
grant select, insert, update, delete on all tables in schema observe to onemap_writer;
grant usage on all sequences in schema observe to onemap_writer;
