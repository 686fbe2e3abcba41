"""The words of CQL2 Text, one by one, with the place of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, NoReturn

from spatial.filter import rules

_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<string>'(?:[^'\\]|''|\\'|\\(?!'))*+')"
    r'|(?P<quoted>"(?:[^"]|"")++")'
    r"|(?P<name>(?:[^\W\d]|:)[\w.:]*+)"
    r"|(?P<sign><>|<=|>=|[=<>(),+\-*/%^])"
    r"|(?P<end>\Z)"
    r")"
)
TokenKind = Literal["number", "string", "quoted", "name", "sign", "end"]


class Token(NamedTuple):
    """A word, number, text or sign, with its place counted from 1."""

    kind: TokenKind
    text: str
    at: int
    word: str
    """What operators and keywords are told by; empty for texts and quoted names."""


def _tokens(text: str, place: int = 0) -> Iterator[Token]:
    """The tokens from a place on, read as they are wanted: what is refused early costs little."""
    while True:
        match = _TOKEN.match(text, place)
        if match is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            rules.refuse(place + 1, "不能读作 CQL2", "cannot be read as CQL2", text[place : place + 20])
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]
        found = match[kind]
        word = found.lower() if kind == "name" else found if kind == "sign" else ""
        yield Token(kind, found, match.start(kind) + 1, word)
        if kind == "end":
            return
        place = match.end()


class Words:
    """Reads the tokens one by one; :attr:`token` is the next, :attr:`following` the one after it."""

    __slots__ = ("_depth", "_tokens", "_whole", "following", "token")

    def __init__(self, text: str) -> None:
        self._whole = text
        self._tokens = _tokens(text)
        self._depth = 0
        self.token = next(self._tokens)
        self.following = next(self._tokens, self.token)

    def take(self) -> Token:
        """The next token; the one after it is next then. The end stays."""
        taken = self.token
        self.token = self.following
        self.following = next(self._tokens, self.following)
        return taken

    def take_all(self, pattern: re.Pattern[str]) -> str | None:
        """Take what matches from the next token on, all at once; ``None`` where it does not."""
        match = pattern.match(self._whole, self.token.at - 1)
        if match is None:
            return None
        self._tokens = _tokens(self._whole, match.end())
        self.token = next(self._tokens)
        self.following = next(self._tokens, self.token)
        return match[0]

    def accept(self, word: str) -> bool:
        """Take the next token where it is that word."""
        if self.token.word != word:
            return False
        self.take()
        return True

    def expect(self, word: str) -> Token:
        """Take the next token, which must be that word."""
        if self.token.word != word:
            self.unexpected(word.upper())
        return self.take()

    def unexpected(self, zh: str = "", en: str = "") -> NoReturn:
        """Refuse the next token, and say what would be right."""
        token = self.token
        end = token.kind == "end"
        told_zh, told_en = (
            ("条件不完整", "the filter ends too early") if end else ("此处不应有", "unexpected")
        )
        if zh:
            told_zh, told_en = f"{told_zh},应为 {zh}", f"{told_en}, expected {en or zh}"
        rules.refuse(token.at, told_zh, told_en, None if end else token.text)

    def deeper(self, at: int) -> None:
        """Count one more level of nesting; the tree's own depth is judged when it is whole."""
        self._depth += 1
        if self._depth > 2 * rules.DEPTH_MAX:
            rules.too_deep(at)

    def shallower(self) -> None:
        """Leave a level."""
        self._depth -= 1
