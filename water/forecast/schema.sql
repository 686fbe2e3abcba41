-- Forecasts 预报: calibrated models and what was forecast with them, written once and never changed.
--
-- Both are named by the digest of their record. A forecast knows two instants: its basis 起报时刻, and when
-- it was recorded: what stood at some moment is what was recorded by then.

create schema forecast;

create table forecast.model (
  id text primary key check (id ~ '^[0-9a-f]{64}$'),
  station text not null check (station <> ''),
  version integer not null check (version > 0),
  kind text not null,
  grade text not null,
  issued boolean not null,
  synthetic boolean not null,
  recorded_at timestamptz not null default clock_timestamp(),
  author text not null,
  department text,
  content bytea not null check (encode(sha256(content), 'hex') = id),
  unique (station, version)
);
comment on table forecast.model is 'Calibrated models 预报方案, each version of a station as it was graded';
comment on column forecast.model.issued is 'Whether its grade lets forecasts be issued';

create table forecast.forecast (
  id text primary key check (id ~ '^[0-9a-f]{64}$'),
  model text not null references forecast.model,
  station text not null,
  basis_at timestamptz not null,
  until timestamptz not null check (until > basis_at),
  asof timestamptz not null,
  issued boolean not null,
  grade text not null,
  synthetic boolean not null,
  peak_m3_s double precision not null,
  recorded_at timestamptz not null default clock_timestamp(),
  author text not null,
  department text,
  content bytea not null check (encode(sha256(content), 'hex') = id)
);
create index forecast_station on forecast.forecast (station, basis_at desc, recorded_at desc);
create index forecast_recorded on forecast.forecast (recorded_at);
comment on table forecast.forecast is 'Forecasts 预报成果; those not issued are for reference only 仅供参考';
comment on column forecast.forecast.basis_at is 'Up to when observations were used 起报时刻';
comment on column forecast.forecast.asof is 'As of when those observations were believed';
comment on column forecast.forecast.peak_m3_s is 'Median of the highest discharge of the members';

create function forecast.refuse() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception '% of %.% is refused: forecasts are never changed 预报只写一次', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create trigger write_once before update or delete or truncate on forecast.model
  for each statement execute function forecast.refuse();
create trigger write_once before update or delete or truncate on forecast.forecast
  for each statement execute function forecast.refuse();

create function forecast.hold_to_its_model() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  of forecast.model;
begin
  select * into of from forecast.model where id = new.model;
  if (new.issued and not of.issued) or new.grade <> of.grade or new.station <> of.station
     or (of.synthetic and not new.synthetic) then
    raise exception 'a forecast of grade % is not issued, and says what its model is 等级不足,不予发布', of.grade
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
comment on function forecast.hold_to_its_model() is 'No forecast is issued that the grade of its model forbids';

create trigger grade before insert on forecast.forecast
  for each row execute function forecast.hold_to_its_model();
