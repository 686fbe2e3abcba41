"""Every door of One Map for a machine: OGC APIs, the map, the command line."""
