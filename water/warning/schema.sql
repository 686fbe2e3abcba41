-- Warnings 预警: rules, evaluations, what was warned, who took note, and what came of it.
--
-- Everything is append-only but warning.state, which is where each rule stands at each station now: it
-- can be reckoned again from the observations by the rules, evaluation after evaluation.

create schema warning;

create table warning.rule (
  id text not null collate "C" check (id ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
  version integer not null check (version > 0),
  content jsonb not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  author text not null,
  department text not null,
  reason text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (id, version)
);
comment on table warning.rule is 'Versions of rules 预警规则的各版本; the newest is in force';

create table warning.evaluation (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  asof timestamptz not null,
  rules jsonb not null,                    -- rule -> version
  stations integer not null check (stations >= 0),
  readings integer not null check (readings >= 0),
  inputs_sha256 bytea not null check (octet_length(inputs_sha256) = 32),
  recorded_at timestamptz not null default clock_timestamp()
);
create index on warning.evaluation (at);
comment on table warning.evaluation is
  'Evaluations 判定记录: readings up to at, as believed at asof; the digest is of readings and levels';

create table warning.state (
  rule text not null collate "C",
  station text not null collate "C",
  switched boolean[] not null check (cardinality(switched) = 4),
  since_s double precision[] not null check (cardinality(since_s) = 4),
  heard_s double precision not null,
  verdict text not null,
  missing jsonb not null,
  primary key (rule, station)
);
comment on table warning.state is 'Where each rule stands at each station 当前状态; blue, yellow, orange, red';

create table warning.judgement (
  id bigint generated always as identity primary key,
  evaluation bigint not null references warning.evaluation,
  rule text not null collate "C",
  version integer not null,
  station text not null collate "C",
  colour smallint not null check (colour between 0 and 4),
  verdict text not null,
  missing jsonb not null,
  heard_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  foreign key (rule, version) references warning.rule
);
create index on warning.judgement (rule, station, id);
comment on table warning.judgement is 'Each change of what a rule can say of a station 判定结论的变化';

create table warning.warning (
  id bigint generated always as identity primary key,
  rule text not null collate "C",
  version integer not null,
  station text not null collate "C",
  hazard text not null,
  synthetic boolean not null,
  recorded_at timestamptz not null default clock_timestamp(),
  foreign key (rule, version) references warning.rule
);
create index on warning.warning (rule, station, id);

create table warning.step (
  warning bigint not null references warning.warning,
  number integer not null check (number > 0),
  action text not null check (action in
    ('issued', 'raised', 'lowered', 'cleared', 'cancelled', 'input-lost', 'input-back')),
  colour smallint not null check (colour between 0 and 4),
  at timestamptz not null,
  evaluation bigint references warning.evaluation,
  value double precision,
  evidence jsonb not null,
  subject text not null,
  department text not null,
  comment text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (warning, number)
);
create index on warning.step (recorded_at);
comment on table warning.step is 'What happened to each warning 预警的各步';

create table warning.acknowledgement (
  warning bigint not null references warning.warning,
  number integer not null check (number > 0),
  call integer not null,                   -- the step that is taken note of
  tier text not null,
  action text not null check (action in ('acknowledged', 'escalated', 'noted')),
  subject text not null,
  department text not null,
  comment text not null,
  due_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (warning, number),
  foreign key (warning, call) references warning.step
);
comment on table warning.acknowledgement is 'Who took note of a warning, and when 签收链';

create table warning.probability (
  id bigint generated always as identity primary key,
  rule text not null collate "C",
  station text not null collate "C",
  issued_at timestamptz not null,
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at > from_at),
  probability double precision not null check (probability between 0 and 1),
  source text not null check (source <> ''),
  synthetic boolean not null,
  author text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on warning.probability (rule, station, issued_at);
comment on table warning.probability is 'Forecast probabilities that a level is reached 超限概率, as they were given';

create table warning.verification (
  id bigint generated always as identity primary key,
  rule text not null collate "C",
  version integer not null,
  colour smallint not null check (colour between 1 and 4),
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at > from_at),
  asof timestamptz not null,
  tolerance_s double precision not null,
  entries jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  foreign key (rule, version) references warning.rule
);
comment on table warning.verification is 'Hits, false and missed alarms 预警检验, against what was measured';

do $$
declare
  kept text;
begin
  foreach kept in array array['rule', 'evaluation', 'judgement', 'warning', 'step', 'acknowledgement',
    'probability', 'verification']
  loop
    execute format('create trigger append_only before update or delete or truncate on warning.%I'
      ' for each statement execute function history.refuse()', kept);
    execute format('alter table warning.%I enable always trigger append_only', kept);
  end loop;
end $$;
