-- What decides frames is audited, too: control points, registered operations and local frames. Never
-- their coordinates, parameters or definitions, which are secrets of the city.

create function spatial.audit_control_point() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  point spatial.control_point := coalesce(new, old);
begin
  perform spatial.audit_enter(spatial.actor(),
    case tg_op when 'INSERT' then 'control-add' when 'UPDATE' then 'control-change' else 'control-remove' end,
    null, point.code, 'done', jsonb_build_object('frame', point.given_frame, 'origin', point.origin));
  return null;
end $$;
create constraint trigger audited after insert or update or delete on spatial.control_point
  deferrable initially deferred for each row execute function spatial.audit_control_point();
create trigger kept before truncate on spatial.control_point
  for each statement execute function history.refuse();

create function spatial.audit_datum_operation() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  fit spatial.datum_operation := coalesce(new, old);
begin
  perform spatial.audit_enter(spatial.actor(),
    case tg_op when 'INSERT' then 'datum-fit' when 'UPDATE' then 'datum-change' else 'datum-remove' end,
    null, fit.name || '@' || fit.version, 'done',
    jsonb_build_object('source', fit.source, 'target', fit.target, 'model', fit.model,
      'accuracy_m', fit.accuracy_m, 'points', jsonb_array_length(fit.control_points->'names')));
  return null;
end $$;
create constraint trigger audited after insert or update or delete on spatial.datum_operation
  deferrable initially deferred for each row execute function spatial.audit_datum_operation();
create trigger kept before truncate on spatial.datum_operation
  for each statement execute function history.refuse();

create function spatial.audit_datum_frame() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  frame spatial.datum_frame := coalesce(new, old);
begin
  perform spatial.audit_enter(spatial.actor(),
    case tg_op when 'INSERT' then 'frame-add' when 'UPDATE' then 'frame-change' else 'frame-remove' end,
    null, frame.id, 'done', jsonb_build_object('base', frame.base));
  return null;
end $$;
create constraint trigger audited after insert or update or delete on spatial.datum_frame
  deferrable initially deferred for each row execute function spatial.audit_datum_frame();
create trigger kept before truncate on spatial.datum_frame
  for each statement execute function history.refuse();
