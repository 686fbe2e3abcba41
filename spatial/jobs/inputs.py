"""Inputs held against the JSON Schemas of their process; what is wrong is named by its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from spatial.errors import OneMapError, shorten
from spatial.jobs.errors import BadExecution
from spatial.jobs.process import Process
from spatial.nesting import DEEPEST, deeper

if TYPE_CHECKING:
    from jsonschema import ValidationError  # type: ignore[import-untyped]

LARGEST: Final = 2**63 - 1
"""No number of an input is larger: kept as digits it comes back as one that no answer can be written with."""
_LISTS: Final = {"type", "items", "minItems", "maxItems"}
_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "minimum": ("不得小于 {}", "must not be below {}"),
    "exclusiveMinimum": ("须大于 {}", "must be above {}"),
    "maximum": ("不得大于 {}", "must not be above {}"),
    "exclusiveMaximum": ("须小于 {}", "must be below {}"),
    "multipleOf": ("须为 {} 的倍数", "must be a multiple of {}"),
    "minLength": ("至少 {} 个字符", "must have {} characters at least"),
    "maxLength": ("至多 {} 个字符", "must have {} characters at most"),
    "minItems": ("至少 {} 项", "must have {} items at least"),
    "maxItems": ("至多 {} 项", "must have {} items at most"),
    "uniqueItems": ("不得有重复的项", "must not have an item twice"),
    "pattern": ("须形如 {}", "must be of the form {}"),
    "enum": ("须为 {} 之一", "must be one of {}"),
    "const": ("须为 {}", "must be {}"),
    "type": ("须为 {}", "must be of the type {}"),
}
"""What a rule of JSON Schema asks for, in words."""


def bad(pointer: str, zh: str, en: str, value: object) -> BadExecution:
    """An error that names the place in the execute request by JSON Pointer (RFC 6901)."""
    shown = shorten(value)
    return BadExecution(
        f"{pointer} {zh}:{shown}", f"{pointer} {en}: {shown}", value=shown, details={"pointer": pointer}
    )


def check(process: Process, inputs: Mapping[str, Any]) -> None:
    """Refuse inputs that do not fit, the first fault by place."""
    for name, value in inputs.items():
        if deeper(value):
            raise bad(
                pointer([name]),
                f"嵌套至多 {DEEPEST} 层",
                f"may be nested {DEEPEST} levels deep",
                f"> {DEEPEST}",
            )
    validator = _validator()(process.schema)
    faults = sorted(
        validator.iter_errors(inputs), key=lambda fault: [str(step) for step in fault.absolute_path]
    )
    if faults:
        raise _told(_deepest(faults[0]))


@cache
def _validator() -> Any:
    """The validator, which does not look into a list that is longer than it may be; numbers are bounded."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend  # type: ignore[import-untyped]

    every, typed = (Draft202012Validator.VALIDATORS[rule] for rule in ("items", "type"))

    def kind(validator: Any, types: Any, instance: Any, whole: Any) -> Any:
        yield from typed(validator, types, instance, whole)
        if isinstance(instance, float) and "integer" in types and "number" not in types:
            yield ValidationError("no whole number", validator="type", validator_value="integer")
        if isinstance(instance, int | float) and not -LARGEST <= instance <= LARGEST:
            rule, most = ("maximum", LARGEST) if instance > 0 else ("minimum", -LARGEST)
            yield ValidationError("not a number to be meant", validator=rule, validator_value=most)

    def items(validator: Any, schema: Any, instance: Any, whole: Any) -> Any:
        if isinstance(instance, list) and (
            len(instance) > whole.get("maxItems", len(instance)) or _plain(schema, instance)
        ):
            return
        yield from every(validator, schema, instance, whole)

    return extend(Draft202012Validator, {"items": items, "type": kind})


def _plain(schema: Any, values: Sequence[Any]) -> bool:
    """Whether a rule asks for numbers or lists of them and no more, and all are: a million are soon seen."""
    if schema == {"type": "number"} or schema == {"type": ["number", "null"]}:
        known = (float, int) if schema["type"] == "number" else (float, int, type(None))
        return all(type(each) in known and (each is None or -LARGEST <= each <= LARGEST) for each in values)
    if not (isinstance(schema, dict) and schema.keys() == _LISTS and schema["type"] == "array"):
        return False
    low, high, inner = schema["minItems"], schema["maxItems"], schema["items"]
    return all(type(each) is list and low <= len(each) <= high and _plain(inner, each) for each in values)


@contextmanager
def placed(inputs: Mapping[str, Any]) -> Iterator[None]:
    """Faults from within that name a value of the inputs are told with its place, where it has but one."""
    try:
        yield
    except OneMapError as failure:
        if isinstance(failure.value, str) and failure.value and "pointer" not in failure.details:
            places = list(islice(_places(inputs, failure.value), 2))
            if len(places) == 1:
                failure.details["pointer"] = pointer(places[0])
        raise


def _places(given: Any, value: str) -> Iterator[tuple[str | int, ...]]:
    if isinstance(given, Mapping):
        within: Iterable[tuple[str | int, Any]] = given.items()
    elif isinstance(given, list):
        within = enumerate(given)
    else:
        within = ()
        if given == value:
            yield ()
    for step, each in within:
        yield from ((step, *path) for path in _places(each, value))


def pointer(path: Sequence[str | int]) -> str:
    """The JSON Pointer of a place below ``inputs``.

    >>> pointer(["file", "a/b", 0])
    '/inputs/file/a~1b/0'
    """
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    return "/".join(["", "inputs", *steps])


def _deepest(fault: ValidationError) -> ValidationError:
    """Of alternatives, the fault of the one that was meant, where that shows; else of the nearest."""
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    alternatives: dict[int, list[ValidationError]] = {}
    for each in fault.context or ():
        alternatives.setdefault(each.relative_schema_path[0], []).append(each)
    meant = list(alternatives.values())
    for is_another in (_is_another_kind, _has_other_members):
        left = [faults for faults in meant if not any(map(is_another, faults))]
        meant = left or meant
        if len(meant) == 1:
            return _deepest(min(meant[0], key=lambda each: [str(step) for step in each.absolute_path]))
    return best_match([fault]) or fault


def _is_another_kind(fault: ValidationError) -> bool:
    """Of another type, or with another value where alternatives are told apart by one: ``method``."""
    depth = len(fault.relative_path)
    return (fault.validator == "type" and depth == 0) or (fault.validator in ("enum", "const") and depth == 1)


def _has_other_members(fault: ValidationError) -> bool:
    return fault.validator in ("required", "additionalProperties") and not fault.relative_path


def _told(fault: ValidationError) -> BadExecution:
    path: list[str | int] = list(fault.absolute_path)
    if fault.validator == "required":
        missing = next(name for name in fault.validator_value if name not in fault.instance)
        return bad(pointer([*path, missing]), "缺少", "is missing", missing)
    if fault.validator == "additionalProperties":
        known = fault.schema.get("properties", {})
        extra = next(name for name in fault.instance if name not in known)
        names = "、".join(known)
        return bad(
            pointer([*path, extra]),
            f"不存在,可用的有 {names}",
            f"is unknown, there are {', '.join(known)}",
            extra,
        )
    other = (f"不符合 {fault.validator} {{}}", f"does not fit {fault.validator} {{}}")
    (zh, en), asks = _RULES.get(fault.validator, other), fault.validator_value
    plain = isinstance(asks, list) and not any(isinstance(each, dict) for each in asks)
    told = [shorten(between.join(map(str, asks)) if plain else asks) for between in ("、", ", ")]
    return bad(pointer(path), zh.format(told[0]), en.format(told[1]), fault.instance)
