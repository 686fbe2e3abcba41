-- What is told to subscribers 发布: how far everything written has been published, and which of the topics that
-- are published only when somebody asks for them somebody has asked for.

-- New values lie at the end of a partition and so do corrected ones, so some kilobytes find what was written last.
create index observation_recorded on observe.observation using brin (recorded_at)
  with (pages_per_range = 16, autosummarize = on);
create index on observe.thing (recorded_at);
create index on observe.location (recorded_at);
create index on observe.historical_location (recorded_at);
create index on observe.sensor (recorded_at);
create index on observe.observed_property (recorded_at);
create index on observe.feature (recorded_at);
create index on observe.datastream (recorded_at);

create table observe.published (
  name  text primary key,
  until timestamptz not null
);
comment on table observe.published is '发布进度: what was written before this instant is published, at least once';

create table observe.wanted_topic (
  topic    text primary key,
  asked_at timestamptz not null default clock_timestamp()
);
comment on table observe.wanted_topic is '被订阅的主题: topics that are published only because somebody has subscribed to them';

grant select on observe.published, observe.wanted_topic to onemap_reader;
grant select, insert, update, delete on observe.published, observe.wanted_topic to onemap_writer;
