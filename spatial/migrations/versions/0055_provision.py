"""It is known which contracts came with the platform, so that they follow its releases."""

from __future__ import annotations

from alembic import op

from spatial.migrations.script import run_schema

revision = "0055"
down_revision: str | None = "0052"


def upgrade() -> None:
    """Note the contracts that came with the platform."""
    run_schema("spatial.catalogue", "provision.sql")


def downgrade() -> None:
    """Nobody knows any more which contracts the city has changed."""
    op.execute("alter table spatial.layer drop column shipped_sha256")
