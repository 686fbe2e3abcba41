"""The operator of this machine as an owner of jobs: what the command line hands in."""

from __future__ import annotations

from spatial.access.model import LOCAL
from spatial.access.rules import rights, visible
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.jobs.model import Grant, Owner
from spatial.jobs.process import Inputs, Process


def operator(connection: Connection, process: Process, inputs: Inputs) -> Owner:
    """The operator, with the fields of each layer that the process touches; UnknownLayer for none."""
    grants = {}
    for layer_id in process.needs(inputs):
        contract = catalogue.get(connection, layer_id).contract
        held = rights(LOCAL, contract)
        grants[layer_id] = Grant(tuple(one.name for one in contract.fields if visible(one, held)), held)
    return Owner.of(LOCAL, grants)
