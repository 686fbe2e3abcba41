-- The key that seals the cursors of the change feed 游标密钥: cursors are handed out encrypted, so
-- that what lies between two of them cannot be counted. It veils the digests, too, that are told
-- to who does not see all of their content. All servers of a database use the same; who gives
-- another (update) and starts the servers anew makes every cursor handed out before invalid.

create table spatial.feed_key (
  one boolean primary key default true check (one),
  key bytea not null check (octet_length(key) = 32)
);
-- gen_random_uuid() draws 122 bits from the strong generator of the server: three fill 256 bits.
insert into spatial.feed_key (key) values (sha256(
  uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
create trigger kept before delete or truncate on spatial.feed_key
  for each statement execute function history.refuse();
comment on table spatial.feed_key is 'Secret: of the server alone, in no answer and in no log';
