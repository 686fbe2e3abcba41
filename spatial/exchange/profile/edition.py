"""Which edition of a classification a file uses 分类版本判定: from its codes and their names.

Codes are reused between editions (0204, 0602), so a code alone often says nothing
and its name decides. Where neither does, a person must.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spatial.errors import EditionUndecided, InvalidInput
from spatial.exchange.evidence import Evidence
from spatial.exchange.profile.model import CodeTable

Pairs = frozenset[tuple[str, str | None]]
"""Code and name; None where the file has no name for it."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class EditionReading:
    """The edition of a file's codes and why."""

    edition: str
    evidence: tuple[Evidence, ...]


def pairs_of(codes: Iterable[str | None], names: Iterable[str | None]) -> Pairs:
    """What stands in two columns, each pair once; rows without a code say nothing."""
    return frozenset(
        (code.strip(), name.strip() if name and name.strip() else None)
        for code, name in zip(codes, names, strict=True)
        if code is not None and code.strip()
    )


def tell(
    pairs: Pairs, tables: Sequence[CodeTable], *, file: str, carried: str | None, asked: str | None
) -> EditionReading:
    """The edition of these classes; EditionUndecided says what to pass where the file does not tell.

    A code that stands in no edition, or a name that no edition has for its code, says
    nothing of the edition; the first is left to the checks of the layer, the second is told.
    """
    by_id = {table.id: table for table in tables}
    if asked is not None and asked not in by_id:
        raise InvalidInput(
            f"没有这个分类版本,可用的有 {'、'.join(by_id)}:{asked}",
            f"there is no such edition of the classes, there are {', '.join(by_id)}: {asked}",
            value=asked,
        )
    known, strange = _sorted(pairs, tables)
    misfits = {
        table.id: [pair for pair in sorted(known, key=str) if not table.fits(*pair)] for table in tables
    }
    fitting = [edition for edition, wrong in misfits.items() if not wrong]
    notes = _strange(strange)
    if asked is not None:
        said = Evidence("option", f"由 --edition 指明:{asked}", f"said by --edition: {asked}")
        return EditionReading(asked, (said, *_against(asked, misfits[asked]), *notes))
    if carried is not None and (carried in fitting or not fitting):
        said = Evidence("profile", f"该结构的分类版本为 {carried}", f"this structure has edition {carried}")
        return EditionReading(carried, (said, *_against(carried, misfits[carried]), *notes))
    if len(fitting) == 1 and carried is None and known:
        return EditionReading(fitting[0], (_telling(fitting[0], misfits), *notes))
    raise _undecided(file, fitting if known else list(by_id), misfits, carried)


def _sorted(pairs: Pairs, tables: Sequence[CodeTable]) -> tuple[Pairs, Pairs]:
    """Pairs that some edition has; and those with a code of some edition, but a name of none."""
    known = frozenset(pair for pair in pairs if any(table.fits(*pair) for table in tables))
    strange = frozenset(pair for pair in pairs - known if any(table.knows(pair[0]) for table in tables))
    return known, strange


def _shown(pairs: Iterable[tuple[str, str | None]]) -> str:
    listed = sorted(pairs, key=str)
    more = f" … ({len(listed)})" if len(listed) > _SHOWN else ""
    return "、".join(f"{code} {name or ''}".strip() for code, name in listed[:_SHOWN]) + more


def _telling(edition: str, misfits: Mapping[str, Sequence[tuple[str, str | None]]]) -> Evidence:
    others = {other: wrong for other, wrong in misfits.items() if other != edition}
    zh = ";".join(f"不合 {other} 版:{_shown(wrong)}" for other, wrong in others.items())
    en = "; ".join(f"not of {other}: {_shown(wrong)}" for other, wrong in others.items())
    return Evidence("edition", f"分类为 {edition} 版({zh})", f"the classes are those of {edition} ({en})")


def _against(edition: str, wrong: Sequence[tuple[str, str | None]]) -> tuple[Evidence, ...]:
    if not wrong:
        return ()
    return (
        Evidence(
            "contradicted",
            f"{len(wrong)} 种代码或名称不合 {edition} 版:{_shown(wrong)}",
            f"{len(wrong)} codes or names are not of edition {edition}: {_shown(wrong)}",
            {"classes": float(len(wrong))},
        ),
    )


def _strange(strange: Pairs) -> tuple[Evidence, ...]:
    if not strange:
        return ()
    return (
        Evidence(
            "contradicted",
            f"{len(strange)} 种名称与代码在各版中都不符:{_shown(strange)}",
            f"{len(strange)} names belong to their code in no edition: {_shown(strange)}",
            {"classes": float(len(strange))},
        ),
    )


def _undecided(
    file: str,
    fitting: Sequence[str],
    misfits: Mapping[str, Sequence[tuple[str, str | None]]],
    carried: str | None,
) -> EditionUndecided:
    details: dict[str, object] = {
        "options": [f"--edition {edition}" for edition in misfits],
        "fitting": list(fitting),
        "misfits": {edition: [[*pair] for pair in wrong[:_SHOWN]] for edition, wrong in misfits.items()},
    }
    if fitting and carried is None:
        zh = f"代码和名称同时符合 {'、'.join(fitting)} 版,无法判定,请用 --edition 指明:{file}"
        en = f"codes and names fit the editions {', '.join(fitting)} alike; say which with --edition: {file}"
    elif fitting:
        wrong = _shown(misfits[carried or ""])
        zh = f"该结构应为 {carried} 版,代码却符合 {'、'.join(fitting)} 版({wrong}),请用 --edition 指明:{file}"
        en = (
            f"this structure should have edition {carried}, yet the codes are those of {', '.join(fitting)}"
            f" ({wrong}); say which with --edition: {file}"
        )
    else:
        told = ";".join(f"{edition}: {_shown(wrong)}" for edition, wrong in misfits.items())
        zh = f"混用了多个版本的分类代码,请拆分文件或用 --edition 指明(不合各版者 {told}):{file}"
        en = (
            f"codes of several editions are mixed; split the file or say --edition (not of each: {told}):"
            f" {file}"
        )
    return EditionUndecided(zh, en, value=file, details=details)
