"""Values are judged before they are written, so that each is written once."""

from __future__ import annotations

from alembic import op

from spatial.migrations.script import run_schema

revision = "0049"
down_revision: str | None = "0048"


def upgrade() -> None:
    """Put the functions in the place of the earlier ones."""
    run_schema("spatial", "observe/roll_ups.sql")
    run_schema("spatial", "observe/record.sql")


def downgrade() -> None:
    """A batch is taken in at once again, none of it as judged before; nothing of what is kept differs."""
    op.execute(
        """
        create function observe.record(
            out inserted bigint, out corrected bigint, out repeated bigint, out now timestamptz)
          language plpgsql as $$
        declare
          b observe.batch := observe.sort_out(9223372036854775807);
        begin
          inserted := 0; corrected := 0; repeated := 0; now := b.now;
          if now is not null then
            select t.inserted, t.corrected, t.repeated into inserted, corrected, repeated
              from observe.take_in(b) t;
          end if;
        end $$
        """
    )
