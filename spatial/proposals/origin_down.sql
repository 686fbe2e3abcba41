-- The reverse of origin.sql.
alter table spatial.proposal_step drop column origin, drop column credential;
