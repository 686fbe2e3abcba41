"""The planners' map in a cell of a notebook: the very page, in a frame, opened at a state by its link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from html import escape
from urllib.parse import urlencode

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class MapFrame:
    """A map of the platform 地图组件; a notebook shows it where it is the last value of a cell.

    The browser must be able to reach ``address``, and the platform must let the
    notebook's page frame it: ``ONEMAP_FRAMED_BY`` (docs/operate.md).
    """

    address: str
    """The map page of the platform."""
    state: Mapping[str, str]
    """As the link carries it, see docs/map.md."""
    height_px: int = 560

    @property
    def link(self) -> str:
        """Opens the same in a browser's window."""
        fragment = urlencode(dict(self.state), safe=",:/")
        return f"{self.address}#{fragment}" if fragment else self.address

    def at(self, lon: float, lat: float, zoom: float) -> MapFrame:
        """The same map, looking at a place in CGCS2000 degrees; zooms count in Web Mercator's levels."""
        if not (-180 <= lon <= 180 and -85 <= lat <= 85 and 0 <= zoom <= 24):
            raise ValueError(
                f"须为经度、纬度(度)和 0–24 的级别 must be degrees of longitude and latitude and a zoom"
                f" from 0 to 24: {lon}, {lat}, {zoom}"
            )
        return replace(self, state={"map": f"{lon:.5f},{lat:.5f},{zoom:.2f}", **_without(self.state, "map")})

    def tall(self, height_px: int) -> MapFrame:
        """The same map in a frame of another height."""
        return replace(self, height_px=height_px)

    def _repr_html_(self) -> str:
        source = escape(self.link, quote=True)
        return (
            f'<iframe src="{source}" title="一张图 One Map" width="100%" height="{self.height_px}"'
            ' style="border:1px solid #d5dad8;border-radius:6px" allow="fullscreen"></iframe>'
            f'<p><a href="{source}" target="_blank" rel="noopener">在新窗口打开 Open in a window</a></p>'
        )


def instant(when: str | date | datetime) -> datetime:
    """An instant: a day begins at midnight in Beijing, and what names no zone is Beijing time 北京时间.

    >>> instant("2025-06-30").isoformat()
    '2025-06-30T00:00:00+08:00'
    >>> instant("2025-06-30T00:00:00Z").isoformat()
    '2025-06-30T08:00:00+08:00'
    """
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            raise ValueError(
                f"须为日期或时刻,如 2025-06-30 或 2025-06-30T08:00;must be a day or an instant: {when}"
            ) from None
    elif not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day)
    return when.replace(tzinfo=BEIJING) if when.tzinfo is None else when.astimezone(BEIJING)


def wall_time(when: datetime) -> str:
    """As the map's link has it: Beijing time, to the second where that is not zero.

    >>> wall_time(instant("2025-06-30"))
    '2025-06-30T00:00'
    """
    text = when.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S")
    return text.removesuffix(":00") if text.endswith(":00") else text


def _without(state: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in state.items() if key != name}
