"""Classes of land and sea use 用地用海分类, and how the land survey's classes map to them.

Codes and names of the guide of November 2023 are the platform's table of symbols
``land-use-2023``; those of the survey 三调 are ``land-use-survey``. The mapping between
them is a table with an edition, never a function: it stops at coarse classes in places, and
seven classes of the survey cannot be mapped without looking at the ground 待调查.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from planning.errors import UnknownLandUse
from spatial.catalogue.contract import Title
from spatial.catalogue.symbology import symbology
from spatial.exchange.profile import CodeTable

MAPPING_EDITION: Final = "2023-11, working copy of 2026"
"""Edition of the mapping that ships; a working copy from practitioners' tools, to be checked 待核."""
SQUARE_METRES_PER_MU: Final = 10_000.0 / 15.0
"""1 亩."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a class of the survey becomes."""

    dlbm: str
    dlmc: str
    code: str | None
    """Class of 2023; None where the ground has to be looked at 待调查."""
    name: str
    likely: str | None
    """First-level class it most likely falls under, where the code is open."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A class of 2020 that has another code in 2023."""

    code_2020: str
    name_2020: str
    code_2023: str


@cache
def survey_mapping() -> Mapping[str, Mapped]:
    """The mapping by class of the survey (DLBM).

    >>> survey_mapping()["0102"].code, survey_mapping()["1202"].code, survey_mapping()["1202"].likely
    ('0102', None, '06')
    """
    found = {
        row["dlbm"]: Mapped(row["dlbm"], row["dlmc"], row["code"] or None, row["name"], row["likely"] or None)
        for row in _rows("land_use_survey_to_2023.csv")
    }
    return MappingProxyType(found)


@cache
def renamed_since_2020() -> tuple[Renamed, ...]:
    """Classes whose codes changed from the edition of 2020 to that of 2023."""
    return tuple(
        Renamed(row["code_2020"], row["name_2020"], row["code_2023"])
        for row in _rows("land_use_2020_to_2023.csv")
    )


def of_survey(dlbm: str) -> Mapped:
    """What a class of the survey becomes; UnknownLandUse where the survey has no such class."""
    try:
        return survey_mapping()[dlbm]
    except KeyError:
        raise UnknownLandUse(
            f"三调工作分类中没有这个地类编码,请核对 DLBM:{dlbm}",
            f"the land survey has no class of that code, check DLBM: {dlbm}",
            value=dlbm,
        ) from None


def name_of(code: str) -> str:
    """Chinese name of a class of 2023; UnknownLandUse.

    >>> name_of("070102")
    '二类城镇住宅用地'
    """
    try:
        return symbology("land-use-2023").by_code[code].name
    except KeyError:
        raise UnknownLandUse(
            f"2023 版用地用海分类中没有这个代码,请核对:{code}",
            f"the classes of 2023 have no such code, check it: {code}",
            value=code,
        ) from None


@cache
def editions() -> tuple[CodeTable, ...]:
    """The classifications that deliveries use 分类版本: survey 三调, 2020, 2023.

    Codes were reused: 0204 is 其他园地 in 2020 and 油料园地 in 2023. Of the edition of 2020
    only what differs is at hand; what the codes that took over meant then is open 待核.

    >>> [each.id for each in editions() if each.fits("0204", "其他园地")]
    ['survey', '2020']
    >>> [each.id for each in editions() if each.fits("0204", "油料园地")]
    ['2023']
    """
    now = {code: symbol.name for code, symbol in symbology("land-use-2023").by_code.items()}
    renamed = {each.code_2020: each for each in renamed_since_2020()}
    open_ = frozenset(each.code_2023 for each in renamed.values()) - renamed.keys()
    old = {code: name for code, name in now.items() if code not in open_}
    old |= {code: each.name_2020 for code, each in renamed.items()}
    first = {code: code[:2] for code in (*old, *open_)}
    first |= {code: each.code_2023[:2] for code, each in renamed.items()}
    survey = {code: symbol.name for code, symbol in symbology("land-use-survey").by_code.items()}
    return (
        CodeTable("survey", Title("国土调查(三调)", "land survey"), survey),
        CodeTable("2020", Title("2020 版(试行)", "2020, for trial"), old, first, open_),
        CodeTable("2023", Title("2023 版", "2023"), now, {code: code[:2] for code in now}),
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("planning").joinpath("assets", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
