"""Lineage of the files that the command line gives out."""

from __future__ import annotations

from spatial.migrations.script import run_schema, run_sql

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """A product may be a file, named by its digest."""
    run_schema("spatial.catalogue", "lineage_files.sql")


def downgrade() -> None:
    """Forget where files came from: the step below knows no such product."""
    run_sql(
        "alter table spatial.derivation disable trigger append_only;"
        "delete from spatial.derivation where product like 'file/%';"
        "alter table spatial.derivation enable trigger append_only;"
        "alter table spatial.derivation drop constraint derivation_product_check;"
        "alter table spatial.derivation add constraint derivation_product_check"
        " check (product ~ '^(changeset|job)/[0-9a-z-]{1,64}$')"
    )
