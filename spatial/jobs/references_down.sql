-- The reverse of references.sql; a schedule with links could not run without them.
delete from spatial.job_schedule where links <> '{}';
alter table spatial.job_schedule drop column links;
alter table spatial.job drop column referred;
