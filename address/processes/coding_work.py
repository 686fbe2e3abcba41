"""What ``assign-codes`` does; imported when it runs."""

from __future__ import annotations

from typing import Any

from address import coding
from address.rules.charter import shipped
from address.rules.codes import Scheme
from spatial.database import connect
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import intent_of


def run(context: Context, inputs: Inputs) -> Outputs:
    """Give the codes, or count them."""
    scheme, intent = _scheme(inputs["scheme"]), intent_of(context, inputs)
    preview = bool(inputs.get("preview", False))
    context.step(5, "读取登记簿", "reading the register")
    with connect(context.dsn) as connection, connection.transaction():
        done = coding.assign(connection, scheme, inputs.get("town"), intent, write=not preview)
        told: dict[str, Any] = {
            "scheme": scheme.id,
            "given": done.given,
            "renewed": done.renewed,
            "kept": done.kept,
            "first": list(done.first),
            "changesets": list(done.changesets),
            "preview": preview,
        }
        outputs = {"outcome": Document(told)}
        if not preview:
            context.finish(connection, outputs)
    return outputs


def _scheme(said: str) -> Scheme:
    schemes = shipped().schemes
    if said not in schemes:
        known = "、".join(schemes)
        raise bad("/inputs/scheme", f"没有这个编码方案,可用:{known}", f"no such scheme; known: {known}", said)
    return schemes[said]
