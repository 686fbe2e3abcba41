-- Lists under review 名单待审: texts that a person has to decide, and what was decided.
--
-- A text is decided once for all rows of its list. What is accepted is an alias of the register,
-- written in the transaction of the decision.

create table address.match_task (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  department text,
  subject text not null,
  register text not null,
  columns text[] not null,
  rows bigint not null,
  buckets jsonb not null,
  created_at timestamptz not null default now()
);
create index match_task_department on address.match_task (department, created_at desc);
comment on table address.match_task is 'A list that was matched, for review';

create table address.match_text (
  task uuid not null references address.match_task on delete cascade,
  number integer not null,
  text text not null,
  rows integer not null,
  said text not null,
  candidates jsonb not null,
  state text not null default 'pending' check (state in ('pending', 'accepted', 'rejected')),
  component_id text,
  alias_id text,
  decided_by text,
  decided_at timestamptz,
  version integer not null default 0,
  primary key (task, number),
  check ((state = 'pending') = (decided_at is null)),
  check ((state = 'accepted') = (component_id is not null))
);
create index match_text_state on address.match_text (task, state, number);
comment on table address.match_text is 'Texts of a list that a person decides; version guards against two at once';
