"""An index with what changed since it was built 增量: a small one over the changes, asked beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from address.match.answer import Decision, Match
from address.match.index import LEAST_MARGIN, Index
from address.snapshot import Snapshot


class Layered:
    """An index that follows its register without being built anew."""

    def __init__(self, base: Index) -> None:
        self.base = base
        self._changes: Index | None = None
        self._changed: frozenset[str] = frozenset()
        self._gone: frozenset[str] = frozenset()

    def follow(self, changes: Snapshot | None, gone: Sequence[str] = ()) -> None:
        """Takes what changed since the build, all of it anew.

        ``changes`` holds the addresses that are new or have changed, with the whole path of each;
        ``gone`` the keys of addresses that are no longer.
        """
        self._changes = Index(changes, calibration=self.base.calibration) if changes is not None else None
        self._changed = frozenset(changes.addresses.key.to_pylist()) if changes is not None else frozenset()
        self._gone = frozenset(gone)

    def match(self, text: str, limit: int = 5) -> tuple[Match, ...]:
        """Candidates of both, likeliest first; a rival in the other one leaves nothing automatic."""
        hidden = self._gone | self._changed
        found = [match for match in self.base.match(text, limit + 1) if match.address not in hidden]
        if self._changes is not None:
            found += [match for match in self._changes.match(text, limit) if match.address in self._changed]
        found.sort(key=lambda match: (match.score, match.match_level), reverse=True)
        if len(found) > 1 and found[0].score - found[1].score < LEAST_MARGIN:
            found[0] = replace(found[0], decision=max(found[0].decision, Decision.REVIEW, key=_caution))
        return tuple(found[:limit])


def _caution(decision: Decision) -> int:
    return (Decision.AUTOMATIC, Decision.REVIEW, Decision.REJECT).index(decision)
