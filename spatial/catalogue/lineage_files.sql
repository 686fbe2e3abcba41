-- Files that were given out by the command line are products, too: file/SHA-256.

alter table spatial.derivation drop constraint derivation_product_check;
alter table spatial.derivation add constraint derivation_product_check
  check (product ~ '^((changeset|job)/[0-9a-z-]{1,64}|file/[0-9a-f]{64})$');
comment on table spatial.derivation is
  '沿袭: a product (changeset/N, job/ID, file/SHA-256) rests on a layer as believed after a changeset; never changed';
