-- The unified datum in the database: legal area, and the registered operations.

create schema if not exists spatial;

-- Legal area 椭球面积 in m², equal to spatial.datum.legal_area_m2 in Python within 1e-3 m² for
-- blocks up to 5 km (the tests compare them). An edge is a line of the plane it was drawn in,
-- so it is cut to 100 m there before it goes to the ellipsoid. ST_Area(geography) then sums
-- exactly between the vertices; on pieces that short it and the trapezoids of
-- 国土调查办发〔2008〕32号 give one figure, and it is compiled where a sum in SQL is not.
-- Only CGCS2000 takes part: between other datums PostGIS would apply an identity in silence.
create or replace function spatial.legal_area_m2(geom geometry, drawn_in integer default 4549)
returns double precision
language plpgsql immutable strict parallel safe cost 2000
as $$
begin
    if drawn_in not between 4490 and 4554 then
        raise exception using
            errcode = '22023',
            message = '椭球面积只在 CGCS2000 坐标系内计算(EPSG:4490 至 4554):EPSG:' || drawn_in ||
                ' legal area is computed in CGCS2000 frames only (EPSG:4490 to 4554): EPSG:' || drawn_in;
    end if;
    if st_srid(geom) not between 4490 and 4554 then
        raise exception using
            errcode = '22023',
            message = '图形不在 CGCS2000 坐标系内,请先转换:EPSG:' || st_srid(geom) ||
                ' the geometry is in no CGCS2000 frame; move it first: EPSG:' || st_srid(geom);
    end if;
    if drawn_in = 4490 then
        return st_area(st_segmentize(st_transform(geom, 4490), 0.0009)::geography);
    end if;
    return st_area(st_transform(st_segmentize(st_transform(geom, drawn_in), 100), 4490)::geography);
end
$$;

comment on function spatial.legal_area_m2(geometry, integer) is
    '椭球面积(平方米),国土调查办发〔2008〕32号;边按绘制平面每 100 米加密';

-- Registered operations 已登记的坐标转换. Parameters are a secret of the city: readers have no
-- right on the table, and no message, view or export shows the column.
create table if not exists spatial.datum_operation (
    name text not null collate "C",
    version integer not null check (version > 0),
    source text not null collate "C",
    target text not null collate "C",
    model text not null check (model in ('similarity', 'bursa-wolf', 'molodensky-badekas')),
    accuracy_m double precision not null check (accuracy_m >= 0),
    parameters jsonb not null,
    control_points jsonb not null,
    residuals jsonb not null,
    hull geometry(Polygon) not null,
    created_at timestamptz not null default now(),
    primary key (name, version)
);

-- Local frames 独立坐标系 in WKT2 under an authority of the city; the definition is a secret too.
create table if not exists spatial.datum_frame (
    id text primary key collate "C" check (id !~* '^epsg:'),
    title_zh text not null,
    title_en text not null,
    base text not null collate "C",
    wkt text,
    area geometry(Polygon) not null,
    created_at timestamptz not null default now()
);

revoke all on spatial.datum_operation, spatial.datum_frame from public;
do $$
begin
    if exists (select from pg_roles where rolname = 'onemap_reader') then
        revoke all on spatial.datum_operation, spatial.datum_frame from onemap_reader;
    end if;
end
$$;
