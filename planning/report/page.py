"""The report as a page 网页: one HTML file with its maps in it, nothing fetched from elsewhere."""

from __future__ import annotations

from importlib import resources

from planning.report.document import Floats, Map, Report


def page(report: Report) -> str:
    """The HTML of a report."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["rings"] = rings
    template = (resources.files("planning") / "report" / "report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(report=report)


def rings(polygon: tuple[Floats, ...], on: Map) -> str:
    """A polygon as the path of an SVG, y down."""
    parts = []
    for ring in polygon:
        places = " ".join(f"{x:g},{on.height_mm - y:g}" for x, y in ring)
        parts.append(f"M{places}Z")
    return "".join(parts)
