"""The operator of this machine as an owner of jobs: what the command line hands in."""

from __future__ import annotations

from spatial.access.model import LOCAL
from spatial.access.rules import rights, visible
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.errors import UnknownLayer
from spatial.jobs.inputs import placed
from spatial.jobs.model import Grant, Owner
from spatial.jobs.process import Inputs, Process


def operator(connection: Connection, process: Process, inputs: Inputs) -> Owner:
    """The operator, with the fields of each layer that the process touches; UnknownLayer for one that it
    needs, while one that it merely wants may be missing.
    """
    grants, needed = {}, process.needs(inputs)
    for layer_id in {**process.wants(inputs), **needed}:
        try:
            contract = catalogue.get(connection, layer_id).contract
        except UnknownLayer:
            if layer_id not in needed:
                continue
            with placed(inputs):
                raise
        held = rights(LOCAL, contract)
        grants[layer_id] = Grant(tuple(one.name for one in contract.fields if visible(one, held)), held)
    return Owner.of(LOCAL, grants)
