-- Who took a step, as the platform knew them: whether they still may is judged when it is applied.

alter table spatial.proposal_step
  add column origin text check (origin in ('local', 'operator', 'key', 'token')),  -- null: of before 0059
  add column credential text;

alter table spatial.proposal_step disable trigger append_only;
update spatial.proposal_step set origin = 'local' where author = '本机操作员 local';
alter table spatial.proposal_step enable always trigger append_only;
