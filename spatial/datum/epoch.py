"""Plate motion 板块运动: CGCS2000 against the ITRF realisations at an epoch.

CGCS2000 is ITRF97 at epoch 2000.0 (unverified against the decree's text) and
moves with the Eurasian plate; ITRF coordinates of today have moved 0.7 m since.
The path is CGCS2000 = ITRF97@2000.0 → ITRF2014@2000.0 → Eurasia's rotation to
the epoch of observation → the wanted realisation at that epoch. Using the Amur
plate instead would change the result by about 5 cm, so ±0.1 m is stated.

Sources: ITRF2014 transformation parameters (IGN, Transfo-ITRF2014_ITRFs) and
plate motion model (Altamimi et al. 2017, doi 10.1093/gji/ggx136); ITRF2020
parameters (IGN, Transfo-ITRF2020_TRFs). They are written out here because the
``ITRF2014`` file that PROJ ships has ``d=0.0038`` and ``dx0.0001`` in its line for
ITRF97, so that PROJ reads neither the scale nor the x rate (24 mm in height).
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatial.datum.operation import Operation
from spatial.errors import BadTime

Floats = NDArray[np.float64]

CGCS2000_EPOCH = 2000.0
PLATE_ACCURACY_M = 0.1
REALISATION_ACCURACY_M = 0.01
EPOCHS = (1980.0, 2100.0)
"""A rigid plate is assumed between these decimal years."""

_IN = "+step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=GRS80"
_OUT = "+step +inv +proj=cart +ellps=GRS80 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
_EURASIA = (
    "+step +proj=helmert +drx=-0.000085 +dry=-0.000531 +drz=0.000770 "
    "+t_epoch=2000.0 +convention=position_vector"
)


class _Helmert(NamedTuple):
    """Parameters from ITRF2014 to a realisation: metres, ppm, arc-seconds, and their yearly rates."""

    epoch: float
    values: dict[str, float]
    rates: dict[str, float]

    def at(self, epoch: float) -> str:
        """A static PROJ step with the parameters of one epoch."""
        years = epoch - self.epoch
        names = sorted(self.values.keys() | self.rates.keys())
        terms = (f"+{n}={self.values.get(n, 0.0) + years * self.rates.get(n, 0.0):.9f}" for n in names)
        return f"+proj=helmert {' '.join(terms)} +convention=position_vector"

    def moving(self) -> str:
        """A PROJ step that takes the epoch from the time coordinate."""
        terms = [f"+{name}={value}" for name, value in self.values.items()]
        terms += [f"+d{name}={rate}" for name, rate in self.rates.items()]
        return f"+proj=helmert {' '.join(terms)} +t_epoch={self.epoch} +convention=position_vector"


_FROM_ITRF2014 = {
    "ITRF97": _Helmert(
        2010.0,
        {"x": 0.0074, "y": -0.0005, "z": -0.0628, "rz": 0.00026, "s": 0.0038},
        {"x": 0.0001, "y": -0.0005, "z": -0.0033, "rz": 0.00002, "s": 0.00012},
    ),
    "ITRF2008": _Helmert(
        2010.0, {"x": 0.0016, "y": 0.0019, "z": 0.0024, "s": -0.00002}, {"z": -0.0001, "s": 0.00003}
    ),
    "ITRF2020": _Helmert(
        2015.0, {"x": 0.0014, "y": 0.0009, "z": -0.0014, "s": 0.00042}, {"y": 0.0001, "z": -0.0002}
    ),
}
_FRAME_OF = {
    "ITRF97": "EPSG:8996",
    "ITRF2008": "EPSG:8999",
    "ITRF2014": "EPSG:9000",
    "ITRF2020": "EPSG:9990",
}
REALISATIONS = tuple(_FRAME_OF)


class LonLatHeight(NamedTuple):
    """Positions with ellipsoidal height: degrees, degrees, metres."""

    lon: Floats
    lat: Floats
    height_m: Floats


def itrf_from_cgcs2000(
    lon: Floats, lat: Floats, height_m: Floats, realisation: str, epoch: float
) -> LonLatHeight:
    """Where a point of CGCS2000 stands in an ITRF realisation at an epoch.

    >>> import numpy as np
    >>> p = itrf_from_cgcs2000(*(np.array([v]) for v in (118.7909, 36.8560, 0.0)), "ITRF2014", 2026.9)
    >>> f"{(p.lon[0] - 118.7909) * 3600:+.4f}″ {(p.lat[0] - 36.8560) * 3600:+.4f}″"
    '+0.0295″ -0.0081″'
    """
    return _shift(lon, lat, height_m, _plate_pipeline(realisation), epoch, inverse=False)


def cgcs2000_from_itrf(
    lon: Floats, lat: Floats, height_m: Floats, realisation: str, epoch: float
) -> LonLatHeight:
    """CGCS2000 of a point observed in an ITRF realisation at an epoch."""
    return _shift(lon, lat, height_m, _plate_pipeline(realisation), epoch, inverse=True)


def plate_operations() -> tuple[Operation, ...]:
    """CGCS2000 ↔ each realisation, and ITRF2014 ↔ the others, as operations of the registry."""
    plate = tuple(
        _operation(
            f"plate-eurasia-{name.lower()}", "EPSG:4490", name, _plate_pipeline(name), PLATE_ACCURACY_M
        )
        for name in REALISATIONS
    )
    between = tuple(
        _operation(
            f"itrf2014-{name.lower()}",
            _FRAME_OF["ITRF2014"],
            name,
            f"+proj=pipeline {_IN} +step {helmert.moving()} {_OUT}",
            REALISATION_ACCURACY_M,
        )
        for name, helmert in _FROM_ITRF2014.items()
    )
    return plate + between


def _plate_pipeline(realisation: str) -> str:
    if realisation not in _FRAME_OF:
        raise KeyError(realisation)
    at_reference = f"+step +inv {_FROM_ITRF2014['ITRF97'].at(CGCS2000_EPOCH)}"
    onward = "" if realisation == "ITRF2014" else f"+step {_FROM_ITRF2014[realisation].moving()}"
    return f"+proj=pipeline {_IN} {at_reference} {_EURASIA} {onward} {_OUT}"


def _operation(name: str, source: str, realisation: str, pipeline: str, accuracy_m: float) -> Operation:
    return Operation(
        name,
        source,
        _FRAME_OF[realisation],
        accuracy_m,
        partial(_shift_flat, pipeline, False),
        partial(_shift_flat, pipeline, True),
        needs_epoch=True,
    )


def _shift_flat(
    pipeline: str, inverse: bool, x: Floats, y: Floats, epoch: float | None
) -> tuple[Floats, Floats]:
    assert epoch is not None  # move() has checked: the operation says needs_epoch
    moved = _shift(x, y, np.zeros_like(x), pipeline, epoch, inverse=inverse)
    return moved.lon, moved.lat


def _shift(
    lon: Floats, lat: Floats, height_m: Floats, pipeline: str, epoch: float, *, inverse: bool
) -> LonLatHeight:
    if not EPOCHS[0] <= epoch <= EPOCHS[1]:
        raise BadTime(
            f"观测历元须为 {EPOCHS[0]:g}–{EPOCHS[1]:g} 的十进制年:{epoch}",
            f"the epoch of observation is a decimal year from {EPOCHS[0]:g} to {EPOCHS[1]:g}: {epoch}",
            value=epoch,
        )
    x, y, z, _ = _transformer(pipeline).transform(
        lon, lat, height_m, np.full_like(lon, epoch), direction="INVERSE" if inverse else "FORWARD"
    )
    return LonLatHeight(x, y, z)


@lru_cache(maxsize=16)
def _transformer(pipeline: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_pipeline(pipeline)
