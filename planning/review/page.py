"""The report as a page 质检报告网页: one file, nothing loaded from elsewhere, Chinese first."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

SEVERITIES = {"error": "错误", "warning": "警告", "note": "提示"}
UNITS = {"m2": "m²", "m": "m", "deg": "°", "1": "", None: ""}


def page(report: dict[str, Any]) -> str:
    """HTML of a report as :func:`planning.review.report.report` gives it; every text is escaped."""
    return _template().render(
        report=report, severities=SEVERITIES, units=UNITS, named=lambda layer: layer_title(report, layer)
    )


def layer_title(report: dict[str, Any], layer: str) -> str:
    """The Chinese title of a layer of the report; its name where it has none.

    >>> layer_title({"titles": {"plans": {"zh": "规划"}}}, "plans"), layer_title({"titles": {}}, "ABC")
    ('规划', 'ABC')
    """
    title = report["titles"].get(layer)
    return str(title["zh"]) if title else layer


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    text = (resources.files("planning") / "assets" / "review.html").read_text(encoding="utf-8")
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(text)
