"""A value that no output shows 涉密参数.

Transformation parameters, control points and the definition of a local frame
are secrets of the city. Wrapped here they appear in no ``repr``, ``str``, error,
log or JSON, and cannot be pickled; who needs the value asks for it by name, so
that every use can be found.
"""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

V = TypeVar("V")


class Secret(Generic[V]):
    """Holds a value and keeps quiet about it.

    >>> Secret(3.14159)
    Secret(…)
    >>> Secret(3.14159).reveal()
    3.14159
    """

    __slots__ = ("_value",)

    def __init__(self, value: V) -> None:
        self._value = value

    def reveal(self) -> V:
        """The value itself, for computing and for the protected table only."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __copy__(self) -> Secret[V]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret[V]:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not serialised")
