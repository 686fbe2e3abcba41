"""The press 印制: draws one sheet in a process of its own, which holds fonts and shapes no longer than that.

``main`` is started by ``tiles.print.workshop``: a job on standard input, the file
on standard output.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
import uuid
from datetime import datetime
from typing import BinaryIO

from spatial.datum.clock import BEIJING
from tiles.print import features, frame, labels, legend, margin, photographs, sketch
from tiles.print.canvas import Canvas, circle
from tiles.print.features import Dots, Drawer, Shown, States
from tiles.print.ground import ground
from tiles.print.hatching import Patterns
from tiles.print.lettering import Lettering
from tiles.print.model import Job, Pictures, Stock
from tiles.print.pdf import POINTS_PER_MM, PdfFile, Ref, named, numbers, text_string
from tiles.print.photographs import Piece
from tiles.print.sheet import sheet

PRODUCER = "One Map"
CPU_S = 120
"""Should nobody be left who would end it."""


def main(memory_bytes: int) -> None:
    """Take the job, give the file; politely, as those who only look at the map come first."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    os.nice(5)
    job = pickle.load(sys.stdin.buffer)
    with open(sys.stdout.fileno(), "wb", closefd=False) as target:
        draw(job, target)


def draw(job: Job, target: BinaryIO) -> None:
    """Write a sheet as PDF."""
    plan = job.plan
    parts = sheet(plan.paper, plan.orientation)
    on = ground(plan, job.city, parts)
    file, lettering = PdfFile(target), Lettering()
    patterns, states, dots = Patterns(), States(), Dots()
    laid: dict[int, list[Piece]] = {
        number: photographs.pieces(file, each, on, job.city)
        for number, each in enumerate(job.layers)
        if isinstance(each, Pictures)
    }
    shown: dict[int, Shown] = {
        number: features.shown(each, on) for number, each in enumerate(job.layers) if isinstance(each, Stock)
    }
    seen: list[Shown | Pictures] = []
    for number, each in enumerate(job.layers):
        if isinstance(each, Pictures):
            seen += [each] if laid[number] else []
        elif len(shown[number].shapes):
            seen.append(shown[number])
    page = file.reserve()
    named_parts = file.reserve()
    with file.stream() as content:
        canvas = Canvas(content, lettering)
        content.write(f"{POINTS_PER_MM:.10f} 0 0 {POINTS_PER_MM:.10f} 0 0 cm")
        drawer = Drawer(canvas, on, patterns, states, dots)
        for number, each in reversed(list(enumerate(job.layers))):
            if isinstance(each, Pictures):
                photographs.draw(canvas, on, laid[number], each.opacity, states)
            else:
                drawer.draw(shown[number])
        frame.grid(canvas, on)
        taken = labels.Taken(on.window)
        zone = job.city.epsg_without_prefix
        sketch.draw(canvas, on, job.sketch, zone, parts.type, taken.take)
        namer = labels.Namer(canvas, on, taken, parts.type)
        for layer in shown.values():
            namer.name(layer)
        frame.neat_line(canvas, on, parts.type)
        contracts = [each.stock.contract for each in seen if isinstance(each, Shown)]
        synthetic = any(isinstance(each, Pictures) and each.synthetic for each in seen)
        margin.around(canvas, job, parts, contracts, synthetic=synthetic)
        listed = legend.entries(seen, plan.language, sketched=bool(job.sketch))
        legend.legend(canvas, parts.legend, listed, patterns, parts.type, plan.language)
    forms = [(name, _dot(file, radius)) for radius, name in dots.used.items()]
    pictures = [(each.name, each.ref) for group in laid.values() for each in group]
    objects = named([*lettering.halos.put(file), *forms, *pictures])
    light = states.entries.removesuffix(">>") + "/Light << /ca 0.18 >> >>"
    file.put(
        f"<< /Font {named(lettering.put(file))} /XObject {objects} /Pattern {named(patterns.put(file))}"
        f" /ExtGState {light} >>",
        named_parts,
    )
    _finish(file, job, page, content.ref, named_parts, (parts.width, parts.height))


def _dot(file: PdfFile, radius: float) -> Ref:
    reach = numbers(-radius * 1.3, -radius * 1.3, radius * 1.3, radius * 1.3)
    return file.packed(
        f"/Type /XObject /Subtype /Form /BBox [{reach}]", f"{circle(radius)} B".encode("ascii")
    )


def _finish(
    file: PdfFile, job: Job, page: Ref, content: Ref, resources: Ref, size: tuple[float, float]
) -> None:
    pages = file.reserve()
    media = " ".join(f"{side * POINTS_PER_MM:.6f}" for side in size)
    file.put(
        f"<< /Type /Page /Parent {pages} /MediaBox [0 0 {media}] /Contents {content}"
        f" /Resources {resources} >>",
        page,
    )
    file.put(f"<< /Type /Pages /Kids [{page}] /Count 1 >>", pages)
    language = "en" if job.plan.language == "en" else "zh-CN"
    root = file.put(
        f"<< /Type /Catalog /Pages {pages} /Lang ({language}) /ViewerPreferences"
        " << /DisplayDocTitle true /PrintScaling /None >> >>"
    )
    info = file.put(
        f"<< /Title {text_string(job.plan.title)} /Author {text_string(job.plan.unit)}"
        f" /Producer ({PRODUCER}) /CreationDate ({_date(job.times.printed)}) >>"
    )
    file.finish(root, info, uuid.uuid4().hex)


def _date(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("D:%Y%m%d%H%M%S+08'00'")
