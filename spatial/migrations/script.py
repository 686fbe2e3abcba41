"""Running the schema files of the packages from a migration step."""

from __future__ import annotations

from importlib import resources

from alembic import op


def run_schema(package: str, file: str = "schema.sql") -> None:
    """Execute a package's SQL file as it stands, without parameters."""
    run_sql((resources.files(package) / file).read_text(encoding="utf-8"))


def run_sql(statements: str) -> None:
    """Execute SQL text as it stands; percent signs and colons mean themselves."""
    cursor = op.get_bind().connection.cursor()
    try:
        cursor.execute(statements)
    finally:
        cursor.close()
