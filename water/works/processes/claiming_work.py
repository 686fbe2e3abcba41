"""What ``claim-record`` and ``claim-choose`` do; imported when they run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from spatial.database import connect
from spatial.exchange import originals
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import delivered, intent_of
from water.errors import ClaimRefused
from water.works import claim_file, claims
from water.works.claim import Claim
from water.works.rules import claim_of


def record(context: Context, inputs: Inputs) -> Outputs:
    """Enter them, or say what would be entered."""
    if ("claims" in inputs) == ("file" in inputs):
        raise bad("/inputs", "须给出 claims 或 file 之一", "give either claims or a file", "claims")
    intent, preview = intent_of(context, inputs), inputs.get("preview", False)
    with connect(context.dsn) as connection, connection.transaction(force_rollback=preview):
        if "file" in inputs:
            path = delivered(inputs["file"], context.work)
            handed = claim_file.read(path, partial(originals.keep, connection))
            told, intent = handed.claims, replace(intent, source_sha256=handed.sha256)
        else:
            told = tuple(_claim(each, place) for place, each in enumerate(inputs["claims"]))
        done = claims.record(connection, told, intent)
        outputs: dict[str, Any] = {
            "entered": list(done.entered),
            "restated": list(done.restated),
            "repeated": list(done.repeated),
            "changeset": None if done.changeset is None or preview else done.changeset.id,
            "preview": preview,
        }
        made = {"recorded": Document(outputs)}
        if not preview:
            context.finish(connection, made)
    return made


def choose(context: Context, inputs: Inputs) -> Outputs:
    """Choose it, or say that it could be chosen."""
    intent, preview = intent_of(context, inputs), inputs.get("preview", False)
    with connect(context.dsn) as connection, connection.transaction(force_rollback=preview):
        changeset = claims.choose(connection, inputs["claim"], inputs["reason"], intent)
        made = {
            "choice": Document(
                {
                    "claim": inputs["claim"],
                    "changeset": None if changeset is None or preview else changeset.id,
                    "preview": preview,
                }
            )
        }
        if not preview:
            context.finish(connection, made)
    return made


def _claim(told: dict[str, Any], place: int) -> Claim:
    try:
        return claim_of(told)
    except ClaimRefused as failure:
        raise ClaimRefused(
            failure.zh,
            failure.en,
            value=failure.value,
            details={**failure.details, "pointer": f"/inputs/claims/{place}"},
        ) from None
