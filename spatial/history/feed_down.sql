drop trigger enter_feed on spatial.changeset;
drop function history.enter_feed, spatial.settled_position, history.last_position;
drop table spatial.changeset_feed;
drop sequence spatial.changeset_position;
