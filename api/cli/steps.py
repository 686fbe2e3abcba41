"""Progress of a command that does several things: each told when it begins and when it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def step(title: str) -> Iterator[None]:
    """One thing that takes a while; its time is told when it ends well."""
    began = time.monotonic()
    click.echo(f"▸ {title}", err=True)
    yield
    click.echo(f"✓ {title}  {time.monotonic() - began:.1f} s", err=True)
