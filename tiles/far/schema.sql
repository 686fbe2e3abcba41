-- The store of far tiles 远景瓦片库. schema tiles was made with the prepared rasters.

create table tiles.far_state (        -- states of which every tile of a zoom is kept
  layer text not null,
  mark text not null,                 -- of the layer's public form: another contract has other tiles
  matrix_set text not null,
  zoom int not null check (zoom between 0 and 30),
  changeset bigint not null,
  at timestamptz not null,
  tiles_made int not null check (tiles_made >= 0),
  kept_at timestamptz not null default clock_timestamp(),
  primary key (layer, mark, matrix_set, zoom, changeset, at)
);

create table tiles.far_tile (         -- a tile from the state on in which it was made, until its next row
  layer text not null,
  mark text not null,
  matrix_set text not null,
  zoom int not null,
  tile_row int not null,
  tile_column int not null,
  changeset bigint not null,
  at timestamptz not null,
  body bytea not null,                -- MVT; empty where nothing is left
  primary key (layer, mark, matrix_set, zoom, tile_row, tile_column, changeset, at)
);
alter table tiles.far_tile alter column body set storage external;  -- a tile is sent as it lies

grant select on tiles.far_state, tiles.far_tile to onemap_reader;
grant select, insert, delete on tiles.far_state, tiles.far_tile to onemap_writer;
