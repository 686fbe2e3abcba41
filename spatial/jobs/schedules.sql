-- Schedules 计划任务 through the doors: each with an address of its own, named once within its department;
-- it may rest. Whoever sets, changes or removes one is audited; that it fires is not a change of it.

alter table spatial.job_schedule
  drop constraint job_schedule_pkey,
  add column id uuid not null default gen_random_uuid() primary key,
  add column paused boolean not null default false;
create unique index job_schedule_named on spatial.job_schedule (coalesce(department, ''), name);
comment on column spatial.job_schedule.paused is '停用: nothing is fired meanwhile, nor made up for afterwards';

create function spatial.audit_schedule() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  one spatial.job_schedule := coalesce(new, old);
begin
  perform spatial.audit_enter(spatial.actor(),
    case tg_op when 'INSERT' then 'schedule-add' when 'UPDATE' then 'schedule-change' else 'schedule-remove' end,
    null, one.id::text, 'done',
    jsonb_build_object('name', one.name, 'process', one.process, 'cron', one.cron, 'paused', one.paused,
      'set_by', one.subject, 'inputs_sha256', encode(one.inputs_sha256, 'hex')));
  return null;
end $$;
create constraint trigger audited after insert or delete or update of cron, paused on spatial.job_schedule
  deferrable initially deferred for each row execute function spatial.audit_schedule();
create trigger kept before truncate on spatial.job_schedule
  for each statement execute function history.refuse();
