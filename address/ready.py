"""Compiles the engine's loops 预编译: once an installation, so that nobody's first question waits for it.

python -m address.ready
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from spatial.files import is_newer

HERE = Path(__file__).parent
LAST = "rows.*resolve-*.nbi"
"""What is compiled last; it is tied to every source of reading and matching."""


def is_ready(here: Path = HERE) -> bool:
    """Whether what was compiled is newer than every source; looked up without reading a compiler."""
    sources = [each for part in ("parse", "match") for each in (here / part).glob("*.py")]
    return is_newer((here / "match" / "__pycache__").glob(LAST), sources)


def ready() -> None:
    """Read and match a text against the smallest register, and follow a change of it."""
    import numpy as np

    from address.follow import Followed
    from address.register import Register
    from address.sample import generate

    register = Register.of(Followed.of(generate(1500, 1)), 0)
    register.index.match("寿光市文家街道桑家营子村123号附1号")
    register.index.match_many(["寿光市文家接道桑家营子村123号"])
    tree = register.held.snapshot.components
    ended = replace(tree, current=np.append(tree.current[:-1], False))
    later = replace(register.held, snapshot=replace(register.held.snapshot, components=ended))
    register.followed(later, 1)


if __name__ == "__main__":
    ready()
