"""Classes of land and sea use 用地用海分类, and how the land survey's classes map to them.

Codes and names of the guide of November 2023 are the platform's table of symbols
``land-use-2023``; those of the survey 三调 are ``land-use-survey``. The mapping between
them is a table with an edition, never a function: it stops at coarse classes in places, and
seven classes of the survey cannot be mapped without looking at the ground 待调查.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from planning.errors import UnknownLandUse
from spatial.catalogue.symbology import symbology

MAPPING_EDITION: Final = "2023-11, working copy of 2026"
"""Edition of the mapping that ships; a working copy from practitioners' tools, to be checked 待核."""
SQUARE_METRES_PER_MU: Final = 10_000.0 / 15.0
"""1 亩."""


class Edition(StrEnum):
    """Edition of the classes of land and sea use; codes were reused between them."""

    Y2020 = "2020"
    Y2023 = "2023"


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


def edition_of(classes: Iterable[tuple[str, str]]) -> Edition | None:
    """The edition that pairs of code and name belong to; None where they fit both, or neither wholly.

    Codes were reused, so names decide: 0204 is 其他园地 in 2020 and 油料园地 in 2023.

    >>> edition_of([("0204", "其他园地"), ("0101", "水田")])
    <Edition.Y2020: '2020'>
    >>> edition_of([("0204", "油料园地")])
    <Edition.Y2023: '2023'>
    """
    names = {code: symbol.name for code, symbol in symbology("land-use-2023").by_code.items()}
    old = {(each.code_2020, each.name_2020) for each in renamed_since_2020()}
    renamed = {each.code_2020 for each in renamed_since_2020()}
    of_2020 = of_2023 = False
    for code, name in classes:
        if (code, name) in old:
            of_2020 = True
        elif names.get(code) != name:
            return None
        elif code in renamed:
            of_2023 = True
    if of_2020 == of_2023:
        return None
    return Edition.Y2020 if of_2020 else Edition.Y2023


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("planning").joinpath("assets", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
