-- The reverse of schedules.sql. Schedules that rest would run again, and names stand for all departments
-- together: of one name only the oldest stays.
drop trigger kept on spatial.job_schedule;
drop trigger audited on spatial.job_schedule;
drop function spatial.audit_schedule();
delete from spatial.job_schedule where paused;
delete from spatial.job_schedule s using spatial.job_schedule older
  where s.name = older.name and (older.created_at, older.id) < (s.created_at, s.id);
drop index spatial.job_schedule_named;
alter table spatial.job_schedule
  drop column id,
  drop column paused,
  add primary key (name);
