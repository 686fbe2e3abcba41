-- Re-judging 重新判定: readings that came late or were corrected after they had been judged.
--
-- warning.checkpoint is where every rule stood every few hours, for as long as late readings are taken: like
-- warning.state it can be reckoned again. What was found anew is kept for good in warning.rejudgement.

create index on warning.probability (source);

create table warning.checkpoint (
  at timestamptz not null,            -- of its evaluation
  rule text not null collate "C",
  station text not null collate "C",
  switched boolean[] not null check (cardinality(switched) = 4),
  since_s double precision[] not null check (cardinality(since_s) = 4),
  heard_s double precision not null,
  primary key (rule, station, at)
);
create index on warning.checkpoint (at);
comment on table warning.checkpoint is 'Where each rule stood at each station every few hours 历次状态';

create table warning.rejudgement (
  evaluation bigint not null references warning.evaluation,
  rule text not null collate "C",
  version integer not null,
  station text not null collate "C",
  from_at timestamptz not null,       -- the earliest reading that was not judged, or judged as another
  late integer not null check (late >= 0),
  corrected integer not null check (corrected >= 0),
  switched boolean[] not null check (cardinality(switched) = 4),   -- the state that was begun from
  since_s double precision[] not null check (cardinality(since_s) = 4),
  heard_s double precision not null,
  told smallint not null check (told between 0 and 4),     -- the colour that stood
  found smallint not null check (found between 0 and 4),   -- the colour that should have stood
  moves jsonb not null,               -- what would have been told, and when
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (evaluation, rule, station),
  foreign key (rule, version) references warning.rule
);
create index on warning.rejudgement (rule, station, evaluation);
comment on table warning.rejudgement is 'What late and corrected readings would have changed 重新判定的记录';
create trigger append_only before update or delete or truncate on warning.rejudgement
  for each statement execute function history.refuse();
alter table warning.rejudgement enable always trigger append_only;
