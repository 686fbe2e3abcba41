-- Restriction extracts 查询证明: each as it was given out, append only, found again by its verification code.

create table planning.restriction_extract (
  code text primary key,
  sha256 bytea not null,
  document bytea not null,
  department text,
  made_at timestamptz not null default clock_timestamp()
);
create trigger append_only before update or delete or truncate on planning.restriction_extract
  for each statement execute function history.refuse();
alter table planning.restriction_extract enable always trigger append_only;
