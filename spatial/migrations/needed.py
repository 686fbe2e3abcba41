"""What a database must bring, by name."""

from __future__ import annotations

EXTENSIONS = ("postgis",)
OFFERED = ("pgrouting",)
"""Made where the server has them and the database's owner may; only checks need them."""
ROLES = ("onemap_reader", "onemap_writer")
"""Reader: selects from layer views. Writer: executes the write functions. Neither logs in."""
