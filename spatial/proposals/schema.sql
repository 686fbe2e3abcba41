-- Proposals 变更提案: changes that wait for review, with every step that was taken. Append only.

create table spatial.proposal (
  id bigint generated always as identity primary key,
  layer text not null,
  author text not null,
  department text not null,
  reason text not null,
  valid_from timestamptz not null
);
create index proposal_layer on spatial.proposal (layer, id);

create table spatial.proposal_feature (
  proposal bigint not null references spatial.proposal,
  line bigint not null,
  fid text collate "C" not null,
  remove boolean not null,
  base_changeset bigint,              -- opened the version the change is based on; null for a new feature
  base jsonb,                         -- all its values then
  mine jsonb,                         -- all its values as proposed; null where it is retired
  primary key (proposal, line),
  unique (proposal, fid),
  check ((base is null) = (base_changeset is null)),
  check (remove = (mine is null))
);

create table spatial.proposal_step (
  proposal bigint not null references spatial.proposal,
  number int not null,
  state text not null check (state in ('proposed', 'approved', 'rejected', 'applied', 'withdrawn')),
  author text not null,
  department text not null,
  reason text not null,
  taken_at timestamptz not null default clock_timestamp(),
  digest bytea not null,              -- of the content this step is about
  changeset bigint references spatial.changeset,
  primary key (proposal, number),
  check ((changeset is not null) <= (state = 'applied'))
);

create trigger append_only before update or delete or truncate on spatial.proposal
  for each statement execute function history.refuse();
alter table spatial.proposal enable always trigger append_only;
create trigger append_only before update or delete or truncate on spatial.proposal_feature
  for each statement execute function history.refuse();
alter table spatial.proposal_feature enable always trigger append_only;
create trigger append_only before update or delete or truncate on spatial.proposal_step
  for each statement execute function history.refuse();
alter table spatial.proposal_step enable always trigger append_only;

create function spatial.proposal_digest(of_proposal bigint) returns bytea
  language sql stable
  return (
    select sha256(
        history.field(p.layer) || history.field(p.author) || history.field(p.department)
        || history.field(p.reason) || timestamptz_send(p.valid_from) || coalesce(f.content, ''))
      from spatial.proposal p
      left join lateral (
        select string_agg(sha256(
            history.field(fid) || history.field(remove::text) || history.field(base_changeset::text)
            || history.field(base::text) || history.field(mine::text)), '' order by line) content
          from spatial.proposal_feature where proposal = p.id) f on true
      where p.id = of_proposal);
comment on function spatial.proposal_digest is 'SHA-256 of all that a proposal says; an approval is about it';
