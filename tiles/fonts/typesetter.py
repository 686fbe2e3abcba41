"""The typesetter 排字: makes every slice that an installation is to have, the useful ones first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from tiles.fonts import store
from tiles.fonts.outlines import Outlines
from tiles.fonts.shelf import Shelf
from tiles.fonts.slices import Group, counted, own, published, whole


@dataclass(frozen=True)
class Typesetter:
    """Of these outlines, onto this shelf."""

    outlines: Outlines
    shelf: Shelf
    words_in: tuple[Path, ...]
    """Text files that the platform ships and anybody can read: their words come first."""

    @cached_property
    def words(self) -> Counter[int]:
        """How often each character occurs in the platform's own words."""
        found: Counter[int] = Counter()
        for path in self.words_in:
            found.update(counted(path.read_text(encoding="utf-8")))
        return found

    def own(self) -> Iterator[int]:
        """The platform's own words: enough for the page, and for most of a first view."""
        return self.shelf.fill(self.outlines, own(self.outlines.covered, self.words), {Group.OWN})

    def whole(self) -> Iterator[int]:
        """Every character that the outlines can draw."""
        return self.shelf.fill(self.outlines, whole(self.outlines.covered), {Group.COMMON, Group.ROW})

    def published(self, connection: Connection) -> Iterator[int]:
        """The characters of what everybody may read, made anew only where some are not there yet.

        No character depends on it: each is in the whole already, with more that comes along.
        """
        text = store.published(connection, catalogue.layers(connection))
        before = [face.part for face in self.shelf.faces() if face.group is Group.PUBLISHED]
        wanted = published(self.outlines.covered, self.words, text, before)
        return self.shelf.fill(self.outlines, wanted, {Group.PUBLISHED})


def undrawn(connection: Connection, shelf: Shelf) -> dict[int, tuple[str, ...]]:
    """Characters of the database that no file on the shelf draws, with the layers they stand in."""
    drawn = {each for face in shelf.faces() for each in face.part.characters}
    found: dict[int, list[str]] = {}
    for layer in catalogue.layers(connection):
        for each in store.characters(connection, layer):
            if each not in drawn and chr(each).isprintable() and not chr(each).isspace():
                found.setdefault(each, []).append(layer.contract.id)
    return {each: tuple(layers) for each, layers in sorted(found.items())}
