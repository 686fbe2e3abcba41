"""What a client asks for, once it has been read: paths, conditions, orders, what is told inside."""

from __future__ import annotations

from dataclasses import dataclass, field

from spatial.observe.things.model import Kind


@dataclass(frozen=True, slots=True)
class Literal:
    """A value of the query; a span is two instants."""

    kind: Kind
    value: object
    date: str = ""
    """An instant that is written as a date alone."""


@dataclass(frozen=True, slots=True)
class Path:
    """A property, behind any number of links."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands: logic, comparison or arithmetic."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Unary:
    """``not`` or ``-``."""

    operator: str
    operand: Node


Node = Literal | Path | Call | Binary | Unary


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below one."""
    match node:
        case Call(_, arguments):
            return arguments
        case Binary(_, left, right):
            return left, right
        case Unary(_, operand):
            return (operand,)
    return ()


@dataclass(frozen=True, slots=True)
class Sort:
    """A key of an order."""

    key: Node
    descending: bool


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a set or of one entity."""

    filter: Node | None = None
    order: tuple[Sort, ...] = ()
    select: tuple[str, ...] = ()
    expand: tuple[Expand, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    text: str = ""
    """As it was written, without ``$skip``: for links to what follows."""


@dataclass(frozen=True, slots=True)
class Expand:
    """A link whose entities are told inside."""

    name: str
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a path: a set or a link, and the one entity that is meant in it."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """What a path names."""

    steps: tuple[Step, ...]
    property: tuple[str, ...] = ()
    value: bool = False
    """``$value``"""
    references: bool = False
    """``$ref``"""
