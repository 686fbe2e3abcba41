"""GDAL with one driver 只留一个驱动. Runs in the reader's process, before GDAL is imported."""

from __future__ import annotations

import os

from spatial.errors import UnsafeFile
from spatial.exchange.sandbox import GDAL_DRIVERS


def only(driver: str) -> None:
    """Leave GDAL this one driver; GDAL registers its drivers when it is first imported, so before that.

    The environment of a reader already forbids everything beyond ``GDAL_DRIVERS``.
    """
    others = [one for one in GDAL_DRIVERS if one != driver]
    os.environ["GDAL_SKIP"] = ",".join(filter(None, (os.environ.get("GDAL_SKIP", ""), *others)))
    import pyogrio

    unwanted = sorted(set(pyogrio.list_drivers()) - {driver})
    if unwanted:
        raise UnsafeFile(
            f"GDAL 驱动未按白名单限制:{unwanted}",
            f"GDAL has drivers beyond the one that is needed: {unwanted}",
            value=unwanted,
        )
