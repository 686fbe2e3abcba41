-- Far tiles of instants of which no state is kept 历史时刻瓦片: each holds for a stretch of valid time, within
-- which nothing in and about it starts or ends, as believed after a changeset.

create table tiles.past_tile (
  layer text not null,
  mark text not null,                 -- of the layer's public form: another contract has other tiles
  matrix_set text not null,
  zoom int not null check (zoom between 0 and 30),
  tile_row int not null,
  tile_column int not null,
  changeset bigint not null,          -- 0: before the first
  since timestamptz not null,
  until timestamptz not null check (since < until),
  body bytea not null,                -- MVT; empty where nothing lies
  kept_at timestamptz not null default clock_timestamp(),
  primary key (layer, mark, matrix_set, zoom, tile_row, tile_column, changeset, since)
);
alter table tiles.past_tile alter column body set storage external;  -- a tile is sent as it lies

grant select on tiles.past_tile to onemap_reader;
grant select, insert, delete on tiles.past_tile to onemap_writer;
