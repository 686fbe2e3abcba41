"""What stands around the map 图廓整饰: title, north arrow, scale bar, notes, and the title block 图签."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from spatial.catalogue.contract import Contract
from spatial.datum.clock import BEIJING
from tiles.print.canvas import INK, Canvas, baseline, wrapped
from tiles.print.frame import FRAME_WIDTH
from tiles.print.ground import step_m
from tiles.print.model import Box, Job, Language, Orientation
from tiles.print.sheet import Sheet
from tiles.print.words import named, say

STAMP_INK = "#b3261e"
RULE_WIDTH = 0.25
TITLE_MM, SUBTITLE_MM = 7.2, 3.4
_BAR_MM = 46.0


def around(
    canvas: Canvas, job: Job, parts: Sheet, contracts: Sequence[Contract], *, synthetic: bool = False
) -> None:
    """Everything but the map and its legend; ``contracts`` are those of what shows."""
    synthetic = synthetic or any(each.synthetic for each in contracts)
    canvas.box(parts.frame, FRAME_WIDTH)
    _title(canvas, job, parts, synthetic=synthetic)
    _scale(canvas, job, parts)
    _notes(canvas, job, parts, contracts, synthetic=synthetic)
    _block(canvas, job, parts)


def _title(canvas: Canvas, job: Job, parts: Sheet, *, synthetic: bool) -> None:
    box, plan, factor = parts.title, job.plan, parts.type
    bold, plain = canvas.lettering.bold, canvas.lettering.plain
    middle, room = box.left + box.width / 2, box.width - 74 * factor
    size = canvas.fitted(plan.title, TITLE_MM * factor, room, bold)
    top = box.bottom + box.height * (0.64 if plan.subtitle else 0.5)
    canvas.text((middle, baseline(top, size)), size, plan.title, face=bold, align="middle")
    if plan.subtitle:
        small = canvas.fitted(plan.subtitle, SUBTITLE_MM * factor, room, plain)
        canvas.text(
            (middle, baseline(box.bottom + box.height * 0.22, small)), small, plan.subtitle, align="middle"
        )
    city = say("platform", plan.language, city=named(job.city.name, plan.language))
    small = 2.7 * factor
    canvas.text((box.left + 4 * factor, baseline(box.bottom + box.height * 0.5, small)), small, city)
    if synthetic:
        stamp = Box(
            box.right - 33 * factor, box.bottom + box.height / 2 - 4 * factor, 29 * factor, 8 * factor
        )
        canvas.box(stamp, 0.5 * factor, STAMP_INK)
        text = say("stamp", plan.language)
        em = canvas.fitted(text, 4.6 * factor, stamp.width - 3 * factor, bold)
        place = (stamp.left + stamp.width / 2, baseline(stamp.bottom + stamp.height / 2, em))
        canvas.text(place, em, text, face=bold, align="middle", color=STAMP_INK)
    canvas.line([(box.left, box.bottom), (box.right, box.bottom)], RULE_WIDTH)


def _scale(canvas: Canvas, job: Job, parts: Sheet) -> None:
    """North arrow at the left, scale and bar at the right."""
    box, factor, plan = parts.scale, parts.type, job.plan
    x, top = box.left + 6 * factor, box.top - 7.5 * factor
    high, half = 14 * factor, 3.4 * factor
    foot = top - high
    notch = foot + 3.4 * factor
    canvas.area([(x, top), (x - half, foot), (x, notch)], INK)
    canvas.line([(x, top), (x + half, foot), (x, notch), (x, top)], 0.2)
    size = 3.4 * factor
    canvas.text(
        (x, top + 1.2 * factor), size, say("north", plan.language), face=canvas.lettering.bold, align="middle"
    )
    left = box.left + 14 * factor
    room = box.right - left
    size = canvas.fitted(say("scale", plan.language, scale=_grouped(plan.scale)), 3.6 * factor, room)
    text = say("scale", plan.language, scale=_grouped(plan.scale))
    canvas.text((left, box.top - 10 * factor), size, text, face=canvas.lettering.bold)
    _bar(
        canvas,
        Box(left, foot + 1.5 * factor, min(_BAR_MM * factor, room - 7 * factor), 1.6 * factor),
        plan.scale,
        factor,
    )


def _bar(canvas: Canvas, box: Box, scale: int, factor: float) -> None:
    """A bar of four parts, each a round number of metres."""
    per_mm = scale / 1000
    steps = [digit * 10**power for power in range(5) for digit in (1, 2, 2.5, 5)]
    part_m = max(step for step in steps if 4 * step / per_mm <= box.width and step == int(step))
    part = part_m / per_mm
    for number in range(4):
        cell = Box(box.left + number * part, box.bottom, part, box.height)
        canvas.box(cell, 0.15, INK, INK if number % 2 == 0 else "#ffffff")
    size = 2.2 * factor
    for number in (0, 2, 4):
        text = f"{int(number * part_m)}" + (" m" if number == 4 else "")
        reach = canvas.lettering.plain.width_em(text.removesuffix(" m")) * size / 2
        canvas.text((box.left + number * part - reach, box.top + 1.0 * factor), size, text)


def _notes(canvas: Canvas, job: Job, parts: Sheet, contracts: Sequence[Contract], *, synthetic: bool) -> None:
    """Coordinates, grid, heights, sources; smaller where much has to be said."""
    box, plan, city = parts.notes, job.plan, job.city
    told = [
        say("plane", plan.language, zone=city.zone, meridian=city.central_meridian_deg),
        say("grid", plan.language, step=step_m(plan.scale)),
        say("heights", plan.language),
    ]
    if contracts:
        told.append(say("sources", plan.language, sources=_sources(contracts, plan.language)))
    if synthetic:
        told.append(say("synthetic", plan.language))
    plain, heading = canvas.lettering.plain, 3.2 * parts.type
    canvas.text(
        (box.left, box.top - heading), heading, say("notes", plan.language), face=canvas.lettering.bold
    )
    room = box.height - heading * 1.8
    size = 2.5 * parts.type
    numbered = [f"{number}. {text}" for number, text in enumerate(told, 1)]
    while True:
        lines = [line for text in numbered for line in wrapped(text, box.width / size, plain)]
        if len(lines) * size * 1.38 <= room or size < 1.5 * parts.type:
            break
        size *= 0.96
    most = max(1, int(room / (size * 1.38)))
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
    y = box.top - heading * 1.8
    for line in lines:
        y -= size * 1.38
        canvas.text((box.left, y + size * 0.3), size, line)


def _sources(contracts: Sequence[Contract], language: Language) -> str:
    titles: dict[str, list[str]] = {}
    for each in contracts:
        titles.setdefault(each.steward, []).append(named(each.title, language))
    return say("between", language).join(
        say("source", language, steward=steward, titles=say("and", language).join(named_))
        for steward, named_ in titles.items()
    )


def _block(canvas: Canvas, job: Job, parts: Sheet) -> None:
    """图签: what sheet this is, of when, at which scale, and room for signatures."""
    box, plan, factor = parts.block, job.plan, parts.type
    canvas.box(box, 0.5)
    language, times = plan.language, job.times
    now = times.printed
    orientation = "across" if plan.orientation is Orientation.ACROSS else "upright"
    rows = [
        [("title", plan.title)],
        [("unit", plan.unit)],
        [("ratio", f"1:{_grouped(plan.scale)}"), ("paper", f"{plan.paper} {say(orientation, language)}")],
        [("at", _instant(times.at or now))],
        [("asof", _instant(times.asof or now))],
        [("printed", _instant(now))],
        [("review", say("pending", language))],
        [("drew", ""), ("checked", ""), ("approved", "")],
    ]
    high = box.height / (len(rows) + 0.5)
    top = box.top
    for number, row in enumerate(rows):
        tall = high * (1.5 if number == 0 else 1.0)
        _row(canvas, Box(box.left, top - tall, box.width, tall), row, factor, language)
        top -= tall
        if number < len(rows) - 1:
            canvas.line([(box.left, top), (box.right, top)], RULE_WIDTH)


def _row(
    canvas: Canvas, box: Box, cells: Sequence[tuple[str, str]], factor: float, language: Language
) -> None:
    wide = box.width / len(cells)
    small = 2.4 * factor
    for number, (word, text) in enumerate(cells):
        left = box.left + number * wide
        if number:
            canvas.line([(left, box.bottom), (left, box.top)], RULE_WIDTH)
        label = min(18 * factor, wide * (0.28 if len(cells) == 1 else 0.42))
        middle = box.bottom + box.height / 2
        name = say(word, language)
        size = canvas.fitted(name, small, label - 2 * factor)
        canvas.text((left + label / 2, baseline(middle, size)), size, name, align="middle")
        canvas.line([(left + label, box.bottom), (left + label, box.top)], RULE_WIDTH)
        room = wide - label - 3 * factor
        face = canvas.lettering.bold if word == "title" else canvas.lettering.plain
        wanted = 3.0 * factor if word == "title" else 2.6 * factor
        lines = wrapped(text, room / wanted, face)
        two = len(lines) > 1 and box.height >= 2.4 * wanted
        lines = [lines[0], "".join(lines[1:])] if two else [text]
        for place, line in enumerate(lines):
            size = canvas.fitted(line, wanted, room, face)
            y = baseline(middle + ((len(lines) - 1) / 2 - place) * wanted * 1.25, size)
            canvas.text((left + label + 1.5 * factor, y), size, line, face=face)


def _instant(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _grouped(number: int) -> str:
    return f"{number:,}"
