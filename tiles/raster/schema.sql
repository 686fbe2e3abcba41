-- Prepared rasters 预制影像: which catalogued image lies cut in the grid of which matrix set, and where.

create schema tiles;
grant usage on schema tiles to onemap_reader, onemap_writer;

create table tiles.prepared_raster (
  asset_id text not null check (asset_id ~ '^[0-9a-f]{64}$'),
  matrix_set text not null,
  content text not null check (content in ('picture', 'heights')),
  file text not null,                 -- below the folder of prepared files
  sha256 bytea not null check (octet_length(sha256) = 32),
  size_bytes bigint not null check (size_bytes > 0),
  max_zoom int not null check (max_zoom between 0 and 30),
  bands int not null check (bands > 0),
  low double precision,               -- all but the outermost hundredths of the values; null of photographs
  high double precision check (high >= low),
  recipe int not null,
  prepared_at timestamptz not null default clock_timestamp(),
  primary key (asset_id, matrix_set)
);
grant select on tiles.prepared_raster to onemap_reader;
grant select, insert, update, delete on tiles.prepared_raster to onemap_writer;
