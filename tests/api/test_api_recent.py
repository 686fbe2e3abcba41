"""Tiles made a moment ago: made once for all who ask, within bounds, by tag alone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.recent import Recent


@dataclass(frozen=True)
class Made:
    body: bytes


class Maker:
    """Makes what a tag names, and counts."""

    def __init__(self, size_bytes: int = 10) -> None:
        self.made: list[str] = []
        self.size_bytes = size_bytes
        self.held = asyncio.Event()
        self.held.set()

    def of(self, tag: str) -> Any:
        async def make() -> Made:
            self.made.append(tag)
            await self.held.wait()
            return Made(tag.encode().ljust(self.size_bytes))

        return make


def test_who_asks_while_a_tile_is_made_waits_for_it() -> None:
    async def run() -> None:
        recent: Recent[Made] = Recent()
        maker = Maker()
        maker.held.clear()
        asking = [asyncio.create_task(recent.of("a", maker.of("a"))) for _ in range(20)]
        await asyncio.sleep(0)
        asking[0].cancel()  # the one that began it leaves
        maker.held.set()
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert {answer.body for answer in answers[1:] if isinstance(answer, Made)} == {b"a".ljust(10)}
        assert len(answers[1:]) == 19 and maker.made == ["a"]
        await recent.of("a", maker.of("a"))
        assert maker.made == ["a"]

    asyncio.run(run())


def test_what_nobody_waits_for_any_more_is_not_made_to_its_end() -> None:
    async def run() -> None:
        recent: Recent[Made] = Recent()
        maker = Maker()
        maker.held.clear()
        asking = [asyncio.create_task(recent.of("a", maker.of("a"))) for _ in range(3)]
        await asyncio.sleep(0.01)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        again = asyncio.create_task(recent.of("a", maker.of("a")))
        await asyncio.sleep(0.01)
        assert maker.made == ["a", "a"], "who comes later does not wait for what was given up"
        maker.held.set()
        assert (await again).body.strip() == b"a" and recent.size_bytes == 10

    asyncio.run(run())


def test_a_failure_is_not_kept() -> None:
    async def run() -> None:
        recent: Recent[Made] = Recent()
        maker = Maker()

        async def failing() -> Made:
            raise ValueError("away")

        with pytest.raises(ValueError, match="away"):
            await recent.of("a", failing)
        assert (await recent.of("a", maker.of("a"))).body.strip() == b"a"
        assert maker.made == ["a"]

    asyncio.run(run())


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(0, 60))
def test_no_more_than_so_many_bytes_and_the_oldest_go(asked: list[str], most: int) -> None:
    async def run() -> None:
        recent: Recent[Made] = Recent(most)
        maker = Maker(10)
        expected: list[str] = []  # the last asked for come last
        made: list[str] = []
        for tag in asked:
            if tag not in expected:
                made.append(tag)
            expected = [each for each in expected if each != tag] + [tag]
            expected = expected[len(expected) - min(len(expected), most // 10) :]
            assert (await recent.of(tag, maker.of(tag))).body.strip() == tag.encode()
            assert recent.size_bytes == 10 * len(expected) <= most
        assert maker.made == made

    asyncio.run(run())
