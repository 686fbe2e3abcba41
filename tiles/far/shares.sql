-- What far tiles hand up to the level above 上交: of the newest state only, so that a change of it
-- reads a few tiles of the finer level in place of every feature beneath.

create table tiles.far_share (
  layer text not null,
  mark text not null,
  matrix_set text not null,
  zoom int not null check (zoom between 0 and 30),
  tile_row int not null,
  tile_column int not null,
  names text[] not null,              -- of the classes; null in it: that of features without one
  counts bigint[] not null,           -- of each class, features with their middle in the tile
  fids text[] not null,               -- of the features that stay by themselves on the level above, in order
  kinds int[] not null,               -- places of their classes among the names
  sizes_px float8[] not null,
  inside boolean[] not null,          -- whether their middle lies in the tile
  cells bytea not null,               -- every second one of both directions, packed
  primary key (layer, mark, matrix_set, zoom, tile_row, tile_column)
);
alter table tiles.far_share alter column cells set storage external;  -- it is packed already

grant select on tiles.far_share to onemap_reader;
grant select, insert, delete on tiles.far_share to onemap_writer;
