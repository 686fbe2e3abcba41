-- Publication for comment 公示与意见征询. Run once by a migration.
--
-- What was published, every step, every comment and every answer stay as they were written. Only who
-- said something, being personal data 个人信息, stands apart and can be erased; the comment stays.

create table planning.publication (
  id bigint generated always as identity primary key,
  version_id text not null collate "C",
  plan_id text not null collate "C",
  title text not null,
  summary text not null,
  document_no text not null,
  document_title text not null,
  issued_on date,
  elsewhere text not null,        -- where it was shown, when that was not here; empty where it was
  at timestamptz not null,        -- instant of valid time that is shown
  opens_on date not null,
  author text not null,
  department text not null,
  published_at timestamptz not null default clock_timestamp()
);
create index publication_version on planning.publication (version_id, id desc);
select planning.kept_for_good('planning.publication');
comment on table planning.publication is '公示 Publications of versions of plans';

-- A layer as it was believed after one of its changesets: with the instant that is all that is needed to
-- show it again. The digest is over what everybody saw.
create table planning.publication_layer (
  publication bigint not null references planning.publication,
  place integer not null check (place > 0),
  layer text not null collate "C",
  precision text not null check (precision in ('exact', 'coarse', 'counted')),
  grid_m double precision not null check (grid_m > 0),
  fields text[] not null,
  changeset bigint not null references spatial.changeset (id),
  asof timestamptz not null,
  chain_sha256 bytea not null,
  features integer not null check (features >= 0),
  classes jsonb not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  primary key (publication, layer)
);
select planning.kept_for_good('planning.publication_layer');
comment on table planning.publication_layer is '公示图层 Layers of publications';

create table planning.publication_step (
  publication bigint not null references planning.publication,
  number integer not null check (number > 0),
  action text not null check (action in ('opened', 'extended', 'closed', 'withdrawn', 'erased')),
  closes_on date not null,        -- last day on which comments are taken, after this step
  author text not null,
  department text not null,
  note text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (publication, number)
);
select planning.kept_for_good('planning.publication_step');
comment on table planning.publication_step is '公示办理 Steps of publications';

create table planning.comment (
  id bigint generated always as identity primary key,
  publication bigint not null references planning.publication,
  request text not null collate "C",   -- what the sender calls the request: sent again it is no second comment
  code text not null unique collate "C",   -- 查询码, known to who wrote it
  stance text not null check (stance in ('support', 'oppose', 'suggest', 'ask')),
  body text not null check (length(body) between 1 and 2000),
  layer text collate "C",
  fid text collate "C",
  geom geometry(Geometry, 4490),
  received_at timestamptz not null default clock_timestamp(),
  unique (publication, request)
);
create index comment_publication on planning.comment (publication, id);
create index comment_place on planning.comment using gist (geom);
select planning.kept_for_good('planning.comment');
comment on table planning.comment is '公众意见 Comments';

create table planning.comment_person (
  comment bigint primary key references planning.comment,
  name text not null,
  contact text not null,
  request_sha256 bytea not null check (octet_length(request_sha256) = 32)
);
comment on table planning.comment_person is '提意见人,个人信息 Who commented: personal data';

create table planning.comment_step (
  comment bigint not null references planning.comment,
  number integer not null check (number > 0),
  action text not null check (action in ('shown', 'hidden', 'answered')),
  outcome text check (outcome in ('adopted', 'partly', 'declined', 'explained')),
  body text not null,
  author text not null,
  department text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (comment, number),
  check ((action = 'answered') = (outcome is not null))
);
select planning.kept_for_good('planning.comment_step');
comment on table planning.comment_step is '意见办理与答复 Moderation and answers';

create view planning.comment_state as
  select c.id, c.publication, c.request, c.code, c.stance, c.body, c.layer, c.fid, c.geom, c.received_at,
         coalesce(m.action, 'pending') state, m.body reason,
         a.outcome, a.body answer, a.department answered_by, a.recorded_at answered_at,
         coalesce(n.number, 0) step
    from planning.comment c
    left join lateral (select action, body from planning.comment_step s
      where s.comment = c.id and s.action in ('shown', 'hidden') order by s.number desc limit 1) m on true
    left join lateral (select outcome, body, department, recorded_at from planning.comment_step s
      where s.comment = c.id and s.action = 'answered' order by s.number desc limit 1) a on true
    left join lateral (select max(number) number from planning.comment_step s where s.comment = c.id) n on true;
comment on view planning.comment_state is '意见的现状 Comments as they stand';
