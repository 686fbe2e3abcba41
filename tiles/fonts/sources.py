"""Where the outlines come from 字体来源: files of Debian's packages. Looked up without opening any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FAMILY = "One Map Sans"
"""A name of our own: what is cut from a font must not bear its reserved name (SIL OFL 1.1, clause 3)."""
PACKAGES = ("fonts-noto-cjk", "fonts-hanazono")
"""Debian's packages of the fonts below."""


@dataclass(frozen=True, slots=True)
class Source:
    """A font file and which of its faces is meant."""

    path: Path
    face: int = -1


FONTS = Path("/usr/share/fonts")
SOURCES = (
    Source(FONTS / "opentype/noto/NotoSansCJK-Regular.ttc", face=2),  # the simplified Chinese forms
    Source(FONTS / "truetype/hanazono/HanaMinB.ttf"),  # hanzi of the extensions B to F
    Source(FONTS / "truetype/hanazono/HanaMinA.ttf"),
)
"""A character is drawn by the first that has it."""
BOLD = (Source(FONTS / "opentype/noto/NotoSansCJK-Bold.ttc", face=2), *SOURCES)
"""For headings, of the same package."""


def missing(sources: tuple[Source, ...] = SOURCES) -> tuple[Path, ...]:
    """The files that are not on this machine."""
    return tuple(source.path for source in sources if not source.path.is_file())
