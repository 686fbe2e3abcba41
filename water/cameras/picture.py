"""What is a picture 图片核验: JPEG or PNG, whole, of a size that is no attack. No input or output."""

from __future__ import annotations

import warnings
from typing import Final

from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile

from spatial.errors import shorten
from water.cameras.model import Picture, Shot

BYTES_MOST: Final = 20 << 20
PIXELS_MOST: Final = 50_000_000
_KINDS: Final = {
    b"\xff\xd8\xff": ("image/jpeg", "JPEG", b"\xff\xd9"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "PNG", b"IEND\xaeB`\x82"),
}
"""First bytes → media type, driver, last bytes: what has no end was cut short."""


class NoPicture(Exception):
    """Why something is no picture; becomes the state of a snapshot."""

    def __init__(self, state: Shot, detail: str) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = detail


def checked(content: bytes) -> Picture:
    """A picture by its bytes, every pixel decoded; NoPicture where it is none."""
    if len(content) > BYTES_MOST:
        raise NoPicture(Shot.OVERSIZE, f"{len(content)} bytes")
    kind = next((each for mark, each in _KINDS.items() if content.startswith(mark)), None)
    if kind is None:
        raise NoPicture(Shot.NOT_AN_IMAGE, f"begins with {content[:8].hex() or 'nothing'}")
    media_type, driver, end = kind
    if end not in content[-512:]:  # cameras append a few bytes of their own
        raise NoPicture(Shot.NOT_AN_IMAGE, f"{media_type} cut short after {len(content)} bytes")
    try:
        with warnings.catch_warnings(), MemoryFile(content) as memory:
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with memory.open(driver=driver) as source:
                width, height = source.width, source.height
                if width * height > PIXELS_MOST:
                    raise NoPicture(Shot.OVERSIZE, f"{width} × {height} pixels")
                source.read()
    except RasterioError as failure:
        raise NoPicture(Shot.NOT_AN_IMAGE, shorten(failure, 200)) from failure
    return Picture(content, media_type, width, height)
