-- Jobs 任务: what was asked for, how it stands, what came of it. The queue that hands them to
-- workers is Procrastinate's, in schema "queue"; the durable record is here.

create table spatial.job_content (
    sha256 bytea primary key check (octet_length(sha256) = 32),
    size_bytes bigint not null check (size_bytes >= 0)
);
comment on table spatial.job_content is '任务内容: inputs and results of jobs, each kept once by its digest';

create table spatial.job_content_chunk (
    sha256 bytea not null references spatial.job_content (sha256) on delete cascade,
    number integer not null check (number >= 0),
    bytes bytea not null check (octet_length(bytes) <= 1048576),
    primary key (sha256, number)
);

create table spatial.job (
    id uuid primary key,
    process text not null,
    version text not null,
    inputs_sha256 bytea not null references spatial.job_content (sha256),
    answer jsonb not null,
    subject text not null,
    department text,
    access jsonb not null,
    subscriber jsonb,
    schedule text,
    state text not null default 'accepted'
        check (state in ('accepted', 'running', 'successful', 'failed', 'dismissed')),
    progress smallint not null default 0 check (progress between 0 and 100),
    message_zh text not null default '已受理',
    message_en text not null default 'accepted',
    problem jsonb,
    attempts integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    updated_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    check ((finished_at is not null) = (state in ('successful', 'failed', 'dismissed'))),
    check (state <> 'failed' or problem is not null)
);
create index job_department on spatial.job (department, id desc);
create index job_inputs on spatial.job (inputs_sha256);
comment on table spatial.job is
    '任务: one run of a process for somebody; access = the layers and fields they may see, as handed in';

create table spatial.job_output (
    job uuid not null references spatial.job (id) on delete cascade,
    name text not null,
    position smallint not null,
    media_type text not null,
    file_name text,
    sha256 bytea not null references spatial.job_content (sha256),
    primary key (job, name)
);
create index job_output_sha256 on spatial.job_output (sha256);

create table spatial.job_transition (
    job uuid not null references spatial.job (id) on delete cascade,
    number bigint generated always as identity,
    state text not null,
    attempt integer not null,
    at timestamptz not null default clock_timestamp(),
    primary key (job, number)
);
comment on table spatial.job_transition is '任务经过: every state a job was in, written once';

create function spatial.job_moved() returns trigger language plpgsql as $$
begin
    insert into spatial.job_transition (job, state, attempt)
    select n.id, n.state, n.attempts from new_rows n;
    return null;
end $$;

create function spatial.job_moved_on() returns trigger language plpgsql as $$
begin
    insert into spatial.job_transition (job, state, attempt)
    select n.id, n.state, n.attempts from new_rows n join old_rows o using (id)
    where (n.state, n.attempts) is distinct from (o.state, o.attempts);
    return null;
end $$;

create trigger job_made after insert on spatial.job
    referencing new table as new_rows for each statement execute function spatial.job_moved();
create trigger job_moved after update on spatial.job
    referencing new table as new_rows old table as old_rows
    for each statement execute function spatial.job_moved_on();
create trigger append_only before update or truncate on spatial.job_transition
    for each statement execute function history.refuse();

create table spatial.job_schedule (
    name text primary key check (name ~ '^[[:alnum:]][[:alnum:]_.-]{0,59}$'),
    cron text not null,
    process text not null,
    inputs_sha256 bytea not null references spatial.job_content (sha256),
    subject text not null,
    department text,
    access jsonb not null,
    next_at timestamptz not null,
    last_job uuid references spatial.job (id) on delete set null,
    created_at timestamptz not null default clock_timestamp()
);
comment on table spatial.job_schedule is '计划任务: cron in Beijing time; a run missed is made up for once';
