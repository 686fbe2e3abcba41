-- The reverse of retention.sql. The step below knows no job without its bytes: those go.
delete from spatial.job_output where kept is null;
delete from spatial.job where inputs_kept is null;
alter table spatial.job_output drop column kept;
alter table spatial.job_output
    add constraint job_output_sha256_fkey foreign key (sha256) references spatial.job_content (sha256);
alter table spatial.job
    drop constraint job_inputs_are_kept,
    drop constraint job_expires_when_over,
    drop column inputs_kept,
    drop column expired_at;
alter table spatial.job
    add constraint job_inputs_sha256_fkey foreign key (inputs_sha256) references spatial.job_content (sha256);
create index job_inputs on spatial.job (inputs_sha256);
