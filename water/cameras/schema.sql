-- Snapshots of cameras along the rivers 河道抓拍: where pictures come from, what came, what is archived.
--
-- A picture is kept here, by its digest, until the day that it is of has been entered in the archive; the row
-- that tells of it stays. A slot that was kept is never altered; one that failed may be tried again while it lasts.

create schema if not exists water;

create table water.camera_source (
  name text primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$'),
  kind text not null check (kind in ('folder', 'http')),
  address text not null check (address <> '')
);
comment on table water.camera_source is 'Sources of pictures, declared by the operator of this machine';

create table water.camera_snapshot (
  camera text not null,
  slot timestamptz not null,
  taken_at timestamptz not null,
  state text not null check (state in
    ('kept', 'stale', 'missing', 'unreachable', 'refused', 'oversize', 'not-an-image', 'undeclared')),
  detail text not null default '',
  media_type text,
  width integer,
  height integer,
  size_bytes bigint,
  sha256 bytea check (octet_length(sha256) = 32),
  sha512 bytea check (octet_length(sha512) = 64),
  primary key (camera, slot),
  check ((state = 'kept') = (media_type is not null and width is not null and height is not null
    and size_bytes is not null and sha256 is not null and sha512 is not null))
);
create index camera_snapshot_slot on water.camera_snapshot (slot);

create table water.camera_picture (
  camera text not null,
  slot timestamptz not null,
  content bytea not null,
  primary key (camera, slot),
  foreign key (camera, slot) references water.camera_snapshot
);
alter table water.camera_picture alter column content set storage external;
comment on table water.camera_picture is 'Pictures that are not in the archive yet';

create table water.camera_day (
  camera text not null,
  day date not null,
  object text not null,
  version integer not null check (version > 0),
  archived_at timestamptz not null,
  primary key (camera, day)
);
comment on table water.camera_day is 'Days of a camera that the archive holds, by the version that holds them';

create function water.keep_snapshots() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.state <> 'kept' then
    return new;
  end if;
  raise exception 'a snapshot that was kept is not altered 已存的抓拍不可改动: % %', old.camera, old.slot
    using errcode = 'insufficient_privilege';
end $$;

create trigger keep_snapshots before update or delete on water.camera_snapshot
  for each row execute function water.keep_snapshots();
