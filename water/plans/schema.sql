-- Response plans 预案: versions, their steps, activations and what was confirmed. Nothing is ever altered.

create schema response;

create table response.version (
  plan text not null collate "C" check (plan <> ''),
  number integer not null check (number > 0),
  content jsonb not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  reason text not null check (reason <> ''),
  primary key (plan, number)
);
comment on table response.version is '预案版本:内容不改,改则另立新版 Versions of plans; a change is a new version';

create table response.step (
  plan text not null collate "C",
  version integer not null,
  number integer not null check (number > 0),
  state text not null check (state in ('draft', 'approved', 'in-force', 'superseded', 'withdrawn')),
  subject text not null,
  department text not null,
  note text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (plan, version, number),
  foreign key (plan, version) references response.version
);
comment on table response.step is '预案的批准、施行、取代与撤回 Who approved, put in force, superseded or withdrew a version';

create table response.activation (
  id bigint generated always as identity primary key,
  plan text not null collate "C",
  version integer not null,
  trigger text not null,
  facts jsonb not null,
  verdicts jsonb not null,
  exercise boolean not null,
  activated_at timestamptz not null,
  subject text not null,
  department text not null,
  note text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  foreign key (plan, version) references response.version
);
create index activation_of_plan on response.activation (plan, id);
comment on table response.activation is '预案启动:哪个条件、依据何事实 Which trigger put a plan to work, on which facts';

create table response.confirmation (
  activation bigint not null references response.activation,
  kind text not null check (kind in ('messages', 'actions')),
  item text not null,
  subject text not null,
  department text not null,
  note text not null,
  done_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (activation, kind, item)
);
comment on table response.confirmation is '消息与任务的确认:何人何时 Who confirmed a message or an action, and when it was done';

create table response.ending (
  activation bigint primary key references response.activation,
  ended_at timestamptz not null,
  subject text not null,
  department text not null,
  note text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
comment on table response.ending is '响应终止 The end of an activation';

create function response.refuse() returns trigger
  language plpgsql as $$
begin
  raise exception '% of %.% is refused: it is kept as it was written 只增不改', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger kept before update or delete or truncate on response.version
  for each statement execute function response.refuse();
create trigger kept before update or delete or truncate on response.step
  for each statement execute function response.refuse();
create trigger kept before update or delete or truncate on response.activation
  for each statement execute function response.refuse();
create trigger kept before update or delete or truncate on response.confirmation
  for each statement execute function response.refuse();
create trigger kept before update or delete or truncate on response.ending
  for each statement execute function response.refuse();
