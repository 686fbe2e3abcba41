-- Results and inputs of jobs expire 保存期限. The record of a job stays, with the digests of what it was
-- handed and of what came of it; the bytes go. "kept" names the bytes as long as they are there.

alter table spatial.job
    add column expired_at timestamptz,
    add column inputs_kept bytea references spatial.job_content (sha256);
update spatial.job set inputs_kept = inputs_sha256;
alter table spatial.job
    drop constraint job_inputs_sha256_fkey,
    add constraint job_inputs_are_those check (inputs_kept = inputs_sha256),
    add constraint job_inputs_are_kept check (inputs_kept is not null or expired_at is not null),
    add constraint job_expires_when_over check (expired_at is null or finished_at is not null);
drop index spatial.job_inputs;
create index job_inputs_kept on spatial.job (inputs_kept);
create index job_to_expire on spatial.job (finished_at) where expired_at is null;

alter table spatial.job_output add column kept bytea references spatial.job_content (sha256);
update spatial.job_output set kept = sha256;
alter table spatial.job_output
    drop constraint job_output_sha256_fkey,
    add constraint job_output_is_that check (kept = sha256);
create index job_output_kept on spatial.job_output (kept);
