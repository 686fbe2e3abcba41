"""Who may take which step, and what a proposed change becomes on top of what others did."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.errors import Forbidden, ProposalChanged, ProposalClosed
from spatial.proposals import rules
from spatial.proposals.model import Actor, Believed, Proposal, Row, State, Step, Values, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LI, WANG = Actor("li", "局"), Actor("wang", "局")
OPERATOR = Actor("li", "本机", alone=True)


def proposal(*states: State, digest: bytes = b"1") -> Proposal:
    steps = tuple(
        Step(n, state, "li", "局", "因", NOW, b"1", None)
        for n, state in enumerate((State.PROPOSED, *states), 1)
    )
    return Proposal(7, "points", "li", "局", "因", NOW, 1, digest, steps)


def test_steps_follow_each_other_and_the_ends_are_final() -> None:
    allowed = {
        (State.PROPOSED, State.APPROVED),
        (State.PROPOSED, State.REJECTED),
        (State.PROPOSED, State.WITHDRAWN),
        (State.APPROVED, State.APPLIED),
        (State.APPROVED, State.REJECTED),
        (State.APPROVED, State.WITHDRAWN),
    }
    for before, wanted in product(State, State):
        held = proposal(before) if before is not State.PROPOSED else proposal()
        if (before, wanted) in allowed:
            rules.require_step(held, wanted)
        else:
            with pytest.raises(ProposalClosed):
                rules.require_step(held, wanted)


def test_nobody_reviews_what_they_proposed_but_the_lone_operator() -> None:
    rules.require_other_eyes(proposal(), WANG)
    rules.require_other_eyes(proposal(), OPERATOR)
    with pytest.raises(Forbidden):
        rules.require_other_eyes(proposal(), LI)


def test_only_the_author_takes_it_back() -> None:
    rules.require_author(proposal(), LI)
    with pytest.raises(Forbidden):
        rules.require_author(proposal(), WANG)


@pytest.mark.parametrize(
    ("base", "mine", "unseen"),
    [
        ({"name": "a", "keeper": "x"}, {"name": "b", "keeper": "x"}, False),
        ({"name": "a", "keeper": "x"}, {"name": "a", "keeper": "y"}, True),
        ({"name": "a", "keeper": "x"}, {"name": "a", "keeper": None}, True),
        ({"name": "a", "keeper": None}, {"name": "b"}, False),
        (None, {"name": "a", "keeper": None}, False),
        (None, {"name": "a", "keeper": "x"}, True),
        ({"name": "a", "geom": 1}, {"name": "a", "geom": 2}, False),
        ({"name": "a", "keeper": "x"}, None, False),
    ],
)
def test_what_of_a_row_is_unseen(base: Values | None, mine: Values | None, unseen: bool) -> None:
    row = Row(1, "f", None if base is None else Believed(1, base), mine)
    assert rules.changes_unseen(row, ("name",)) is unseen
    assert not rules.changes_unseen(row, ("name", "keeper"))


def test_an_approval_of_other_content_is_none() -> None:
    rules.require_same_content(proposal(digest=b"1"), b"1")
    with pytest.raises(ProposalChanged):
        rules.require_same_content(proposal(digest=b"2"), b"1")


values = st.none() | st.fixed_dictionaries({name: st.sampled_from([None, 1, 2]) for name in "abc"})


def believed(held: Values | None, changeset: int) -> Believed | None:
    return None if held is None else Believed(changeset, held)


@given(base=values, mine=values, theirs=values)
def test_a_change_on_top_of_others(base: Values | None, mine: Values | None, theirs: Values | None) -> None:
    """Field by field: mine where I changed it, else theirs; a clash where both did, differently."""
    found = rules.rebase(Row(1, "A", believed(base, 1), mine), believed(theirs, 2))
    if mine == theirs:
        assert found.verdict is Verdict.DONE
    elif mine is None or theirs is None:
        assert found.verdict is (Verdict.STANDS if base == theirs else Verdict.CLASH)
        assert found.values == mine
    else:
        old = base or dict.fromkeys("abc")
        clashing = {name for name in "abc" if len({old[name], mine[name], theirs[name]} - {old[name]}) == 2}
        assert set(found.clashing) == clashing
        assert (found.verdict is Verdict.CLASH) == bool(clashing)
        if not clashing:
            expected = {n: theirs[n] if mine[n] == old[n] else mine[n] for n in "abc"}
            assert found.values == expected
            assert (found.verdict is Verdict.DONE) == (expected == theirs)
            if found.verdict is not Verdict.DONE:
                assert (found.verdict is Verdict.STANDS) == (base == theirs)


def test_a_field_the_layer_got_later_is_kept_as_others_filled_it() -> None:
    row = Row(1, "A", Believed(1, {"a": 1}), {"a": 2})
    found = rules.rebase(row, Believed(2, {"a": 1, "later": 5}))
    assert found.verdict is Verdict.MERGED
    assert found.values == {"a": 2, "later": 5}
    untouched = rules.rebase(row, Believed(1, {"a": 1, "later": None}))
    assert untouched.verdict is Verdict.STANDS
