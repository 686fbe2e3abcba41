-- What was done with a finding of quality control 质控告警的签收与处置: receipts, never changed.
--
-- A receipt speaks of the judgement that stood when it was written: a value that is judged anew, after a
-- correction or by another rule, is raised anew.

create table observe.finding_answer (
  number bigint generated always as identity primary key,
  datastream integer not null,
  phenomenon_time timestamptz not null,
  action text not null check (action in ('acknowledged', 'handled', 'closed', 'noted')),
  subject text not null,
  department text not null,
  note text not null default '',
  recorded_at timestamptz not null default clock_timestamp()
);
create index on observe.finding_answer (datastream, phenomenon_time, number);
create trigger append_only before update or delete or truncate on observe.finding_answer
  for each statement execute function history.refuse();
alter table observe.finding_answer enable always trigger append_only;

create function observe.finding_state(stream integer, at timestamptz, judged_at timestamptz) returns text
  language sql stable
  return coalesce((
    select a.action from observe.finding_answer a
      where a.datastream = stream and a.phenomenon_time = at and a.recorded_at >= judged_at and a.action <> 'noted'
      order by a.number desc limit 1), 'raised');
comment on function observe.finding_state is
  'Where a finding stands: raised, acknowledged, handled or closed since the value was judged';

grant select on observe.finding_answer to onemap_reader, onemap_writer;
grant insert on observe.finding_answer to onemap_writer;
