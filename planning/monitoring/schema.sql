-- Standing watch 常设监测: which state of its layers each limit was last queued to be watched for.
--
-- Where a limit stands now, not what happened: the jobs and the monitored values keep that.

create table planning.standing_watch (
  code text not null collate "C",
  region text not null,
  heads jsonb not null,               -- layer -> newest changeset when it was queued
  limit_value bigint not null references planning.limit_value,
  day date not null,                  -- Beijing: with a new day other versions may be valid
  job uuid references spatial.job on delete set null,
  primary key (code, region)
);
comment on table planning.standing_watch is
  '常设监测:各限值最近一次排队监测时的图层状态 For which state each limit was last queued to be watched';
