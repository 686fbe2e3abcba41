-- Takes back schema.sql. Roles and the extension stay: they are not this database's alone.
drop schema if exists staging, layer, history, spatial cascade;
