-- Events of warnings and response plans 水情事件: each step, acknowledgement, activation and confirmation
-- in one order that consumers follow. Positions are given and settle as those of the change feed do
-- (spatial/history/feed.sql): a writer announces what its own will lie above, so who has read up to a
-- settled position misses nothing, and a long transaction that writes no event holds nothing up.

create schema event;
create sequence event.position;
create table event.entry (
  position bigint primary key default nextval('event.position'),
  topic text not null check (topic in ('warnings', 'response-plans')),
  what text not null,
  told jsonb not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index on event.entry (topic, position);
comment on table event.entry is 'What happened to warnings and response plans 水情事件; entered by triggers alone';
create trigger append_only before update or delete or truncate on event.entry
  for each statement execute function history.refuse();
alter table event.entry enable always trigger append_only;

create function event.last_position() returns bigint
  language sql volatile
  return (select case when is_called then last_value else 0 end from event.position);

create function event.announce() returns void
  language plpgsql as $$
begin
  -- 7302503 in the upper 24 bits tells these locks from others; 40 bits are left for positions.
  perform pg_advisory_xact_lock_shared((7302503::bigint << 40) + event.last_position());
  perform pg_notify('onemap_events', '');
end $$;

create function event.settled_position() returns bigint
  language plpgsql volatile as $$
declare
  given bigint;
  announced bigint;
begin
  given := event.last_position();  -- before the locks are looked at: who locks later gets a higher one
  select min(((l.classid::bigint & 255) << 32) | l.objid::bigint) into announced
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 8 = 7302503
      and l.database = (select oid from pg_database where datname = current_database());
  return least(given, announced);
end $$;

create function event.of_warning_step() returns trigger
  language plpgsql as $$
begin
  perform event.announce();
  insert into event.entry (topic, what, told)
    select 'warnings', s.action, jsonb_build_object('warning', s.warning, 'step', s.number, 'rule', w.rule,
      'station', w.station, 'hazard', w.hazard, 'colour', s.colour, 'at', s.at, 'synthetic', w.synthetic)
    from entered s join warning.warning w on w.id = s.warning order by s.warning, s.number;
  return null;
end $$;
create trigger enter_event after insert on warning.step
  referencing new table as entered for each statement execute function event.of_warning_step();

create function event.of_acknowledgement() returns trigger
  language plpgsql as $$
begin
  perform event.announce();
  insert into event.entry (topic, what, told)
    select 'warnings', a.action, jsonb_build_object('warning', a.warning, 'step', a.call, 'rule', w.rule,
      'station', w.station, 'hazard', w.hazard, 'tier', a.tier, 'department', a.department,
      'at', a.recorded_at, 'synthetic', w.synthetic)
    from entered a join warning.warning w on w.id = a.warning order by a.warning, a.number;
  return null;
end $$;
create trigger enter_event after insert on warning.acknowledgement
  referencing new table as entered for each statement execute function event.of_acknowledgement();

create function event.of_plan_step() returns trigger
  language plpgsql as $$
begin
  perform event.announce();
  insert into event.entry (topic, what, told)
    select 'response-plans', s.state, jsonb_build_object('plan', s.plan, 'version', s.version,
      'department', s.department, 'at', s.recorded_at)
    from entered s order by s.plan, s.version, s.number;
  return null;
end $$;
create trigger enter_event after insert on response.step
  referencing new table as entered for each statement execute function event.of_plan_step();

create function event.of_activation() returns trigger
  language plpgsql as $$
begin
  perform event.announce();
  insert into event.entry (topic, what, told)
    select 'response-plans', 'activated', jsonb_build_object('plan', a.plan, 'version', a.version,
      'activation', a.id, 'trigger', a.trigger, 'exercise', a.exercise, 'department', a.department,
      'at', a.activated_at)
    from entered a order by a.id;
  return null;
end $$;
create trigger enter_event after insert on response.activation
  referencing new table as entered for each statement execute function event.of_activation();

create function event.of_confirmation() returns trigger
  language plpgsql as $$
begin
  perform event.announce();
  insert into event.entry (topic, what, told)
    select 'response-plans', 'confirmed', jsonb_build_object('plan', a.plan, 'version', a.version,
      'activation', a.id, 'kind', c.kind, 'item', c.item, 'exercise', a.exercise,
      'department', c.department, 'at', c.done_at)
    from entered c join response.activation a on a.id = c.activation order by c.activation, c.item;
  return null;
end $$;
create trigger enter_event after insert on response.confirmation
  referencing new table as entered for each statement execute function event.of_confirmation();

create function event.of_ending() returns trigger
  language plpgsql as $$
begin
  perform event.announce();
  insert into event.entry (topic, what, told)
    select 'response-plans', 'ended', jsonb_build_object('plan', a.plan, 'version', a.version,
      'activation', a.id, 'exercise', a.exercise, 'department', e.department, 'at', e.ended_at)
    from entered e join response.activation a on a.id = e.activation order by e.activation;
  return null;
end $$;
create trigger enter_event after insert on response.ending
  referencing new table as entered for each statement execute function event.of_ending();
