"""The doors of the rehearsal 预演: kept runs with their files, depths at a place, pictures, STAC items."""
