"""What answers from one state of the register 登记簿服务: made whole, or from the state before it."""

from __future__ import annotations

from dataclasses import dataclass

from address.find import Found, elsewhere, find
from address.follow import Followed
from address.match import Index, followed
from address.model import Parsed
from address.parse import Parser
from address.places import Places
from address.reverse import Reverse
from address.search import Sought, search
from address.suggest import Suggest


@dataclass(frozen=True, slots=True)
class Register:
    """One state; it never changes, and answers while the next one is made."""

    places: Places
    suggest: Suggest
    reverse: Reverse
    index: Index
    position: int
    """Of the change feed."""
    since_built: int = 0
    """Components and addresses that have changed since it was made whole."""

    @classmethod
    def of(cls, held: Followed, position: int) -> Register:
        """Made whole."""
        places = Places(held)
        return cls(places, Suggest(places), Reverse(places), Index(held.snapshot), position)

    @property
    def held(self) -> Followed:
        """What it was made from."""
        return self.places.followed

    @property
    def parser(self) -> Parser:
        """What reads texts; the index was built with it."""
        return self.index.parser

    def followed(self, held: Followed, position: int) -> Register:
        """The next state, from what the changes up to a position left."""
        touched = held.touched_since(self.held)
        places = Places(held)
        return Register(
            places,
            Suggest(places) if touched.names else self.suggest.over(places),
            Reverse(places),
            followed(self.index, held.snapshot, touched),
            position,
            self.since_built + touched.size,
        )

    def search(self, text: str, limit: int = 1) -> tuple[Sought, ...]:
        """The places that a text may mean, likeliest first."""
        return search(self.places, self.index, text, limit)

    def find(self, parsed: Parsed, limit: int = 1) -> tuple[Found, ...]:
        """The components that a parsed text names."""
        return find(self.places, parsed, limit)

    def elsewhere(self, parsed: Parsed, found: Found, limit: int = 2) -> tuple[Found, ...]:
        """Where the register holds what it does not hold in what was found."""
        return elsewhere(self.places, parsed, found, limit)
