"""What a reader of SensorThings is refused 查询拒绝, each naming what offended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spatial.errors import InvalidInput, NotFound, TooLarge, shorten


class BadQuery(InvalidInput):
    """A path or a query option that cannot be read, or asks what an entity does not have 查询有误."""

    code = "bad-query"


class NoSuchEntity(NotFound):
    """No entity at this path 无此实体."""

    code = "no-such-entity"


class AnswerTooLarge(TooLarge):
    """More JSON than one answer holds 结果过大."""

    code = "answer-too-large"

    def __init__(self, most_bytes: int) -> None:
        most = f"{most_bytes >> 20} MiB"
        super().__init__(
            f"一次的结果至多 {most},请用 $top、$select、$filter 缩小(也在 $expand 内):{most}",
            f"an answer holds {most}; narrow it by $top, $select or $filter, within $expand, too: {most}",
            value=most,
        )


def bad(zh: str, en: str, value: object) -> BadQuery:
    """A refusal that ends with what offended."""
    shown = shorten(value)
    return BadQuery(f"{zh}:{shown}", f"{en}: {shown}", value=shown)


def missing(value: str) -> NoSuchEntity:
    """There is nothing at a path."""
    shown = shorten(value)
    return NoSuchEntity(f"没有这个实体:{shown}", f"no such entity: {shown}", value=shown)


@contextmanager
def within(option: str) -> Iterator[None]:
    """A refusal of what stands in a query option names the option."""
    try:
        yield
    except BadQuery as failure:
        if "parameter" in failure.details:
            raise
        named = option in failure.zh.partition(":")[0]
        zh, en = ("", "") if named else (f"{option} 有误:", f"{option}: ")
        told = {**failure.details, "parameter": option}
        raise BadQuery(zh + failure.zh, en + failure.en, value=failure.value, details=told) from failure
