-- Inputs by reference 引用输入: what a job read where, and what a schedule is to read at each firing.

alter table spatial.job
  add column referred jsonb not null default '[]' check (jsonb_typeof(referred) = 'array');
comment on column spatial.job.referred is
  '引用: input, address, and once it was read its SHA-256, size, version and instant';

alter table spatial.job_schedule
  add column links jsonb not null default '{}' check (jsonb_typeof(links) = 'object');
comment on column spatial.job_schedule.links is '引用: links in place of inputs, read anew by every job';
