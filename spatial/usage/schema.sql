-- Use of the platform 用量: the usage ledger, how far each segment of the access log is in it, and quotas.

create table spatial.usage (
  minute       timestamptz not null,
  department   text collate "C" not null,
  credential   text collate "C" not null,
  collection   text collate "C" not null,
  operation    text collate "C" not null,
  status_class smallint not null,
  calls        bigint not null,
  rows         bigint not null,
  bytes        bigint not null,
  duration_us  bigint not null,
  primary key (minute, department, credential, collection, operation, status_class)
);
comment on table spatial.usage is 'Calls per minute, department, key, collection, operation and class of status; equals a replay of the access log';

create table spatial.usage_segment (
  name         text collate "C" primary key,
  bytes        bigint not null check (bytes >= 0),
  lines        bigint not null check (lines >= 0),
  unreadable   bigint not null check (unreadable between 0 and lines),
  first_minute timestamptz,
  last_minute  timestamptz
);
comment on table spatial.usage_segment is 'How much of each segment of the access log stands in the ledger; moves with the sums, in one transaction';

create table spatial.quota (
  subject             text not null check (subject in ('department', 'key', 'anonymous')),
  name                text not null check (name <> '' and (subject <> 'anonymous' or name = '*')),
  requests_per_minute int not null check (requests_per_minute > 0),
  burst               int not null check (burst > 0),
  heavy_at_once       int not null check (heavy_at_once > 0),
  primary key (subject, name)
);
comment on table spatial.quota is 'What a department, a key, or a client address without a name may use; * for those without a line of their own';

-- Generous: what a map in use or a diligent client needs, several times over.
insert into spatial.quota values
  ('department', '*', 60000, 6000, 16),
  ('anonymous', '*', 6000, 1200, 8);
