-- Watching telemetry 遥测监视: counts by channel and outcome, and how each service is.
--
-- Raw messages may hold what the layer of a device keeps back, so they are the owner's alone; whoever reads
-- layers sees counts. A counter has several rows, so that ingesters side by side do not wait for each other.

create table telemetry.tally (
  channel  text collate "C" not null,
  outcome  text collate "C" not null check (outcome in ('accepted', 'rejected', 'repeated')),
  reason   text collate "C" not null default '',
  slot     smallint not null,
  messages bigint not null,
  unstored bigint not null default 0,               -- values of accepted messages that the store did not take
  last_at  timestamptz not null,
  primary key (channel, outcome, reason, slot)
) with (fillfactor = 50);
comment on table telemetry.tally is '报文计数: messages by channel, outcome and reason since the platform began';

insert into telemetry.tally (channel, outcome, reason, slot, messages, unstored, last_at)
select channel, case when reason is null then 'accepted' else 'rejected' end, coalesce(reason, ''), 0, count(*),
    coalesce(sum(unstored) filter (where reason is null), 0), max(received_at)
  from telemetry.message group by 1, 2, 3;

create table telemetry.service (
  name      text collate "C" primary key,
  connected boolean not null,
  waiting   integer not null,
  behind_s  double precision not null,
  at        timestamptz not null default clock_timestamp()
);
comment on table telemetry.service is
  '接收与发布进程的状态: whether it is connected, what waits in it, how old the oldest of that is, as of an instant';

grant usage on schema telemetry to onemap_reader;
grant select on telemetry.tally, telemetry.service to onemap_reader;
