"""The nouns of schema profiles: frozen data, read from TOML by whoever ships them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as given
from types import MappingProxyType
from typing import Final

from spatial.catalogue.contract import Title
from spatial.exchange.profile.units import AreaUnit


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProfileField:
    """A field as a source names it."""

    name: str
    """Physical name 字段名, as ``TBMJ``."""
    field: str | None
    """The layer's field that it fills; None where the layer keeps none."""
    aliases: tuple[str, ...] = ()
    """Other names for it, Chinese ones among them."""
    kind: str | None = None
    """``text``, ``integer``, ``number`` or ``date`` as the source has it; None where that is not known."""
    length: int | None = None
    """Characters of a text as the source has it."""
    duty: str | None = None
    """约束 ``M`` must be filled, ``C`` on a condition, ``O`` may be; None where that is not known 待核."""
    units: tuple[AreaUnit, ...] = ()
    """Of an area: the unit; several where only the shapes of a file tell which."""
    whole: bool = False
    """The area of the whole feature, which the shapes can be held against."""
    values: Mapping[str, str] = given(default_factory=_nothing)
    """Values of the source → values of the layer; what is not named stays as it is."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the physical one first."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Classes:
    """Where a source has classes of a classification that has editions 分类代码及其版本."""

    code: str
    """The layer's field with the code."""
    edition: str
    """The layer's field that keeps the edition, row by row."""
    names: tuple[str, ...] = ()
    """Names of the source's column with the name of the class."""
    carried: str | None = None
    """The edition that the source always has."""
    first: str | None = None
    """The layer's field for the first-level class of the newest edition."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of source delivers a layer."""

    id: str
    layer: str
    title: Title
    version: str
    source: str
    verified: bool
    """Whether it was compared with the official text; else 待核."""
    names: tuple[str, ...]
    """Names of the layer in deliveries, as ``DLTB``."""
    fields: tuple[ProfileField, ...]
    """In the order of the source."""
    classes: Classes | None = None
    constants: Mapping[str, str] = given(default_factory=_nothing)
    """Values of the layer's fields that the source says by the name of its layer alone."""

    def to_json(self) -> dict[str, object]:
        """As reports tell it."""
        return {
            "id": self.id,
            "version": self.version,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "source": self.source,
            "verified": self.verified,
        }


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One edition of a classification."""

    id: str
    title: Title
    names: Mapping[str, str]
    """Code → name."""
    first: Mapping[str, str] = given(default_factory=_nothing)
    """Code → first-level class of the newest edition."""
    open: frozenset[str] = frozenset()
    """Codes whose meaning in this edition is not known 待核: any name goes that has no other code in it."""

    def fits(self, code: str, name: str | None) -> bool:
        """Whether a code, and a name where there is one, may be of this edition."""
        if code in self.open:
            return name is None or name not in self.names.values()
        return code in self.names and name in (None, self.names[code])

    def knows(self, code: str) -> bool:
        """Whether the code is one of this edition."""
        return code in self.names or code in self.open


@dataclass(frozen=True, slots=True)
class Profiles:
    """What is known of the deliveries of one layer."""

    profiles: tuple[Profile, ...] = ()
    editions: tuple[CodeTable, ...] = ()
    declared: str | None = None
    """The layer's text field that keeps an area as declared, with its unit, where it was converted."""


NONE: Final = Profiles()
ProfilesOf = Callable[[str], Profiles]
"""The profiles by id of layer."""


def no_profiles(_: str) -> Profiles:
    """For a platform that knows of none."""
    return NONE
