"""Three copies: they follow one another, any intact one repairs the others, and nothing heals unrecorded."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from archive_copies import enter, head, ocfl_root_sound, small, twin, version

from spatial.datum import BEIJING
from water.archive import audit, copies, journal, log, storage, verify
from water.archive.audit import Audit, Pace
from water.archive.log import LogState
from water.archive.model import Fault, ObjectId
from water.archive.premis import EventType, Outcome
from water.archive.storage import Copy
from water.archive.verify import Look
from water.errors import ArchiveDamaged, ArchiveDiverged

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)


@pytest.fixture
def three(memory: Path) -> tuple[Copy, Copy, Copy]:
    first = small(memory / "a", objects=3)
    others = tuple(storage.create(memory / name, name, "370783") for name in "bc")
    for each in others:
        assert copies.follow(first, each, NOW) == 9
    return first, others[0], others[1]


def damage(path: Path, data: bytes | None = None) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!" if data is None else data)


def content(copy: Copy, n: int = 0) -> list[Path]:
    return sorted((copy.folder(f"urn:onemap:370783:river-works/W-{n}:2025-2029")).rglob("content/**/*.csv"))


def trees(copy: Copy) -> dict[str, bytes]:
    return {
        str(path.relative_to(copy.root)): path.read_bytes() for path in copy.root.rglob("*") if path.is_file()
    }


def test_copies_are_the_same_to_the_byte(three: tuple[Copy, Copy, Copy]) -> None:
    first, second, _ = three
    assert trees(first) == trees(second) and head(first) == head(second)
    assert log.daily_roots(first.place) == log.daily_roots(second.place)
    assert verify.check_copy(second, Look(trusted=copies.heads(three))).ok and ocfl_root_sound(second)
    told = [each for each in journal.read(second.place) if each.type is EventType.REPLICATION]
    assert len(told) == 3
    enter(first, version(levels_csv=b"t\n9\n"), of=ObjectId("370783", "river-works/W-1", 2025))
    assert copies.follow(first, second, NOW) == 1
    assert copies.follow(first, second, NOW) == 0
    assert trees(first) == trees(second)


def test_a_replication_that_was_killed_goes_on(three: tuple[Copy, Copy, Copy], memory: Path) -> None:
    """Objects in place, log not yet: the next run takes them as they are."""
    first, _, _ = three
    fresh = storage.create(memory / "d", "d", "370783")
    state = LogState.read(first.place)
    for object_id in list(state.versions)[:2]:
        copies._bring(first, fresh, object_id, state.versions[object_id])
    assert {each.fault for each in verify.check_copy(fresh).findings} == {Fault.UNLOGGED}
    assert copies.follow(first, fresh, NOW) == 9
    assert verify.check_copy(fresh, Look(trusted=(head(first),))).ok and trees(fresh) == trees(first)


@pytest.mark.parametrize("intact", [0, 1, 2])
def test_any_one_of_three_repairs_the_others(three: tuple[Copy, Copy, Copy], intact: int) -> None:
    sound = trees(three[intact])
    published = head(three[intact])
    damaged = [copy for n, copy in enumerate(three) if n != intact]
    one, other = damaged
    damage(content(one, 0)[0])
    shutil.rmtree(one.folder("urn:onemap:370783:river-works/W-1:2025-2029"))
    (one.place / log.LEAVES).write_bytes(
        b"".join((one.place / log.LEAVES).read_bytes().splitlines(True)[:-2])
    )
    (one.root / "stray").mkdir()
    (one.root / "stray/file").write_text("x")
    damage(one.place / "verify.py")
    for path in content(other, 0) + content(other, 2):
        damage(path)
    for copy in damaged:
        rest = [each for each in three if each is not copy]
        done = copies.repair(copy, rest, NOW, trusted=[published])
        assert {each.source for each in done} <= {three[intact].name, "platform", "", *(c.name for c in rest)}
        assert trees(copy) == sound
        assert verify.check_copy(copy, Look(trusted=(published,))).ok and ocfl_root_sound(copy)
        told = [each for each in journal.read(copy.place) if each.type is EventType.RECOVERY]
        assert len(told) == len(done), "nothing heals without a record"
        assert all((copy.place / each.quarantine).exists() for each in done if each.quarantine)


def test_no_repair_from_damaged_copies(three: tuple[Copy, Copy, Copy]) -> None:
    for copy in three:
        damage(content(copy)[0])
    before = trees(three[0])
    with pytest.raises(ArchiveDamaged, match="no copy holds the object intact"):
        copies.repair(three[0], three[1:], NOW)
    assert trees(three[0]) == before


def test_nothing_damaged_is_replicated(three: tuple[Copy, Copy, Copy], memory: Path) -> None:
    first, second, _ = three
    damage(content(first)[0])
    fresh = storage.create(memory / "d", "d", "370783")
    with pytest.raises(ArchiveDamaged, match="of a"):
        copies.follow(first, fresh, NOW)
    assert verify.check_copy(fresh).ok and not LogState.read(fresh.place).lines
    damage(content(second, 1)[0])
    third = three[2]
    enter(third, version(levels_csv=b"t\n9\n"), of=ObjectId("370783", "river-works/W-1", 2025))
    with pytest.raises(ArchiveDamaged, match="of the target"):
        copies.follow(third, second, NOW)


def test_diverged_copies_are_refused(three: tuple[Copy, Copy, Copy]) -> None:
    first, second, _ = three
    enter(first, version(a_txt=b"one"))
    enter(second, version(a_txt=b"other"))
    with pytest.raises(ArchiveDiverged):
        copies.follow(first, second, NOW)


def test_the_audit_names_what_it_finds_and_goes_on_where_it_stopped(three: tuple[Copy, Copy, Copy]) -> None:
    copy = three[1]
    damage(content(copy, 1)[0])
    first = audit.run(copy, Audit(limit_bytes=1), NOW)
    assert (first.done, first.of, first.finished) == (1, 3, False)
    rest = audit.run(copy, Audit(limit_bytes=1 << 30), NOW)
    assert (rest.done, rest.finished, rest.verdict.objects) == (3, True, 2)
    told = [*first.verdict.findings, *rest.verdict.findings]
    assert [(each.fault, each.path) for each in told] == [(Fault.ALTERED, "v1/content/levels.csv")]
    assert "river-works/W-1" in told[0].zh
    events = [each for each in journal.read(copy.place) if each.type is EventType.FIXITY_CHECK]
    assert [each.outcome for each in events].count(Outcome.FAILURE) == 2, "the object and the round"
    assert len(events) == 4 and "v1/content/levels.csv altered" in " ".join(each.detail for each in events)
    again = audit.run(copy, Audit(threads=2), NOW)
    assert again.finished and again.verdict.objects == 3 and len(again.verdict.findings) == 1
    assert not list(journal.faults(copy.place))


def test_pace() -> None:
    clock = [0.0]
    waited: list[float] = []

    def sleep(time_s: float) -> None:
        waited.append(time_s)
        clock[0] += time_s

    pace = Pace(1000.0, clock=lambda: clock[0], sleep=sleep)
    for _ in range(10):
        pace.spent(500)
        clock[0] += 0.1
    assert clock[0] == pytest.approx(5.0, abs=0.2)
    assert sum(waited) == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize("change", ["flip", "drop", "swap"])
def test_the_journal_is_chained(three: tuple[Copy, Copy, Copy], change: str) -> None:
    copy = three[1]
    audit.run(copy, Audit(), NOW)
    path = copy.place / journal.FILE
    lines = path.read_bytes().splitlines(True)
    if change == "flip":
        lines[2] = lines[2].replace(b"success", b"fail")
    elif change == "drop":
        del lines[2]
    else:
        lines[2], lines[3] = lines[3], lines[2]
    path.write_bytes(b"".join(lines))
    assert any(
        each.path.startswith("events.jsonl") for each in audit.run(copy, Audit(), NOW).verdict.findings
    )


def test_a_copy_that_went_back_with_its_log_is_found_by_the_others(
    three: tuple[Copy, Copy, Copy], memory: Path
) -> None:
    """All of it rolled back, log and object and all: valid in itself, found by what was published."""
    first, second, _ = three
    earlier = twin(second, memory / "earlier")
    enter(first, version(levels_csv=b"t\n9\n"), of=ObjectId("370783", "river-works/W-1", 2025))
    copies.follow(first, second, NOW)
    trusted = copies.heads(three)
    assert verify.check_copy(second, Look(trusted=trusted)).ok
    assert ocfl_root_sound(earlier) and verify.check_copy(earlier).ok
    assert {each.fault for each in verify.check_copy(earlier, Look(trusted=trusted)).findings} == {
        Fault.LOG_BEHIND
    }
