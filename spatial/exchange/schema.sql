-- Originals of deliveries, how each was read, and the control points that decide frames.

create table spatial.source (
    sha256 bytea primary key check (octet_length(sha256) = 32),
    name text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    packed boolean not null,
    kept_at timestamptz not null default now()
);
comment on table spatial.source is
    '原件: every delivered file, kept by its digest; packed = several files in one deterministic zip';

create table spatial.source_chunk (
    sha256 bytea not null references spatial.source (sha256) on delete cascade,
    number integer not null check (number >= 0),
    bytes bytea not null check (octet_length(bytes) <= 1048576),
    primary key (sha256, number)
);
-- Originals are mostly compressed already: compressing again costs time and gains nothing.
alter table spatial.source_chunk alter column bytes set storage external;

create table spatial.source_reading (
    changeset bigint primary key references spatial.changeset (id),
    sha256 bytea not null references spatial.source (sha256),
    layer text not null,
    file_name text not null,
    format text not null,
    source_frame text,
    crs_evidence jsonb not null,
    encoding_evidence jsonb not null,
    report jsonb not null
);
create index source_reading_sha256 on spatial.source_reading (sha256);
comment on table spatial.source_reading is
    '判读记录: how a source was read for the changeset it became: encoding, frame, evidence, report';

create table spatial.control_point (
    code text primary key check (code <> ''),
    name text,
    geom geometry(Point, 4490) not null,
    accuracy_m double precision check (accuracy_m >= 0),
    given_frame text not null,
    origin text not null,
    added_at timestamptz not null default now()
);
create index control_point_name on spatial.control_point (name);
comment on table spatial.control_point is
    '控制点: trusted positions in CGCS2000; detection of frames compares deliveries with them';

grant select, insert on spatial.source, spatial.source_chunk, spatial.source_reading to onemap_writer;
grant select, insert, update on spatial.control_point to onemap_writer;
