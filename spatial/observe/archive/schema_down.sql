create or replace function observe.is_away(at timestamptz) returns boolean language sql stable as 'select false';
drop index observe.superseded_when;
drop table observe.day_file, observe.closing, observe.retention, observe.period_away;
drop function observe.day(timestamptz);
