drop schema observe cascade;
