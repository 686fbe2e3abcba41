-- The reverse of schema.sql.
drop function spatial.proposal_digest(bigint);
drop table spatial.proposal_step, spatial.proposal_feature, spatial.proposal;
