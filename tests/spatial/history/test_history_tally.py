"""The tally counted anew, feature by feature."""

from __future__ import annotations

from collections import Counter
from math import inf

from spatial.history.tally import lines


def test_each_change_of_a_feature_with_many_versions_is_counted_by_its_own_lines() -> None:
    """Every hour another state: the version before is shortened, the new one holds from then on."""
    changes = 20_000
    versions: list[tuple[float, float, int, int | None]] = []
    for number in range(1, changes + 1):
        last = number == changes
        versions.append((float(number), inf, number, None if last else number + 1))
        if not last:
            versions.append((float(number), float(number + 1), number + 1, None))
    counted: Counter[tuple[int, float, float, float | None]] = Counter()
    for line, number in lines(versions):
        counted[line] += number
    seventh = {line: number for line, number in counted.items() if line[0] == 7}
    assert seventh == {(7, 6.0, inf, None): -1, (7, 6.0, 7.0, 7.0): 1, (7, 7.0, inf, None): 1}
    assert len(counted) == 3 * changes - 2
    assert sum(counted.values()) == changes, "so many are believed in the end"


def test_a_version_put_between_two_gives_the_one_before_another_next() -> None:
    versions = [(0.0, 2.0, 1, None), (6.0, 8.0, 1, None), (3.0, 4.0, 2, 3)]
    assert list(lines(versions)) == [
        ((1, 0.0, 2.0, 6.0), 1),
        ((1, 6.0, 8.0, None), 1),
        ((2, 0.0, 2.0, 6.0), -1),
        ((2, 0.0, 2.0, 3.0), 1),
        ((2, 3.0, 4.0, 6.0), 1),
        ((3, 3.0, 4.0, 6.0), -1),
        ((3, 0.0, 2.0, 3.0), -1),
        ((3, 0.0, 2.0, 6.0), 1),
    ]
