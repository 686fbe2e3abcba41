"""Codes, names, the life of addresses and the checks on the way."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from address.model import State
from address.rules.charter import UnusableCharter, charter, shipped
from address.rules.checks import Candidate, Surroundings, inspect
from address.rules.codes import OpenScheme, SerialsSpent, UnusableCode, allocate, check_character
from address.rules.findings import Finding
from address.rules.life import ENDS, MoveRefused, Role
from address.rules.names import Names
from address.rules.street import Door

INTERNAL = shipped().schemes["internal"]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

values = st.fixed_dictionaries(
    {
        "region": st.from_regex(r"[0-9]{12}", fullmatch=True),
        "form": st.integers(0, 9),
        "street": st.integers(1, 99_999),
        "door": st.integers(1, 99_999),
        "unit": st.integers(0, 99),
        "room": st.integers(0, 999),
    }
)


@given(values)
def test_a_code_reads_back_as_it_was_composed(given_values):
    code = INTERNAL.compose(given_values)
    assert len(code) == 12 + 1 + 5 + 5 + 2 + 3 + 1
    assert {k: int(v) for k, v in INTERNAL.read(code).items()} == {k: int(v) for k, v in given_values.items()}


@given(values, st.integers(0, 27), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(given_values, place, shift):
    code = INTERNAL.compose(given_values)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    with pytest.raises(UnusableCode):
        INTERNAL.read(wrong)


@given(st.text(ALPHABET, min_size=1, max_size=30))
def test_the_check_character_satisfies_the_congruence_of_the_standard(body):
    """ISO 7064 states it from the right: the sum of P_j is 1 modulo 36."""
    carried = 36
    for character in body:
        s = carried + ALPHABET.index(character)
        carried = ((s % 36) or 36) * 2 % 37
    assert (carried + ALPHABET.index(check_character(body))) % 36 == 1


def test_a_published_code_of_that_standard():
    assert check_character("A12425GABC1234002") == "M"  # the GRid handbook's example


def test_an_open_scheme_makes_no_codes():
    with pytest.raises(OpenScheme) as refused:
        shipped().schemes["gbt39609"].compose({"region": "370783001048"})
    assert refused.value.value == "gbt39609/region"


@pytest.mark.parametrize("value", [100_000, -1, "12a", "一"])
def test_what_does_not_fit_is_refused(value):
    with pytest.raises(UnusableCode):
        INTERNAL.compose({"region": "370783001048", "street": value})


@given(st.lists(st.integers(0, 40), max_size=20))
def test_serials_are_never_given_twice(wanted):
    given_out: list[int] = []
    highest = 0
    for count in wanted:
        got = list(allocate(highest, count, 3))
        given_out += got
        highest = max(given_out, default=0)
        # Retiring changes nothing: the highest ever given counts.
    assert len(set(given_out)) == len(given_out)


def test_serials_end_at_their_width():
    assert list(allocate(998, 1, 3)) == [999]
    with pytest.raises(SerialsSpent):
        allocate(999, 1, 3)


def test_an_address_goes_its_way_with_role_and_papers():
    life = shipped().life
    life.move(State.DRAFT, State.PENDING, Role.APPLICANT, {"申请表"})
    life.move(State.PENDING, State.RESERVED, Role.REVIEWER, {"批准文件"})
    for refused in (
        (State.DRAFT, State.ACTIVE, Role.PUBLISHER, ()),
        (State.DRAFT, State.PENDING, Role.REVIEWER, ("申请表",)),
        (State.DRAFT, State.PENDING, Role.APPLICANT, ()),
    ):
        with pytest.raises(MoveRefused):
            life.move(*refused)


def test_a_finding_stands_only_in_the_way_of_moves_that_heed_it():
    attached = Finding("objects-attached", "仍有关联", "still attached")
    life = shipped().life
    life.move(State.ACTIVE, State.SUSPENDED, Role.REVIEWER, {"停用说明"}, [attached])
    with pytest.raises(MoveRefused) as refused:
        life.move(State.SUSPENDED, State.CANCELLED, Role.PUBLISHER, {"注销说明"}, [attached])
    assert refused.value.value == ["objects-attached"]


def test_every_state_is_reached_and_leads_to_an_end():
    arrows = {(each.origin, each.target) for each in shipped().life.transitions}

    def closure(start, edges):
        seen, todo = {start}, [start]
        while todo:
            here = todo.pop()
            new = {b for a, b in edges if a is here} - seen
            seen |= new
            todo += new
        return seen

    assert closure(State.DRAFT, arrows) == set(State)
    for state in set(State) - ENDS:
        assert closure(state, arrows) & ENDS
    assert not any(origin in ENDS for origin, _ in arrows)


@given(st.lists(st.sampled_from(list(State)), max_size=12))
def test_no_walk_leaves_an_end(targets):
    state, ended = State.DRAFT, False
    for target in targets:
        try:
            step = next(each for each in shipped().life.onward(state) if each.target is target)
        except StopIteration:
            continue
        assert not ended
        state = shipped().life.move(state, target, step.role, step.documents).target
        ended = state in ENDS


def test_names_that_sound_or_look_alike():
    names = Names([("1", "圣城街"), ("2", "纪台镇"), ("3", "渤海路"), ("4", "王庄村")])
    assert [each.code for each in names.alike("盛城路")] == ["homophone"]
    assert {each.code for each in names.alike("记台村")} == {"homophone", "near-form"}
    assert [each.code for each in names.alike("玉庄村")] == ["near-form"]
    assert names.alike("圣城路") == ()  # the same name again is a twin of siblings, not a homophone
    assert names.alike("银海路") == ()
    assert names.alike("盛城路", own_key="1") == ()


def test_everything_that_stands_against_a_candidate():
    around = Surroundings(
        siblings=[("a", "3号")],
        area_m=shapely.box(0, 0, 100, 100),
        road_m=shapely.LineString([(0, 0), (100, 0)]),
        doors=[Door("a", 3, None, 5.0, True)],
        attached=2,
    )
    door = Door("x", 3, None, 60.0, False)
    bad = Candidate("x", "3号", "3号", shapely.Point(50, 101), door)
    codes = [each.code for each in inspect(bad, around, shipped().numbering, 80.0)]
    assert codes == [
        "duplicate-sibling",
        "outside-parent",
        "far-from-road",
        *["number"] * 3,
        "objects-attached",
    ]
    good = Candidate("x", "31号", "31号", shapely.Point(50, 9), Door("x", 31, None, 61.0, True))
    assert inspect(good, Surroundings(area_m=around.area_m), shipped().numbering, 80.0) == ()


def test_a_charter_that_cannot_be_read_says_why():
    with pytest.raises(UnusableCharter) as refused:
        charter("[numbering]\nodd_side = 'up'")
    assert (
        "checks" in str(refused.value) or "odd_side" in str(refused.value) or "skipped" in str(refused.value)
    )
