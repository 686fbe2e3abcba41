"""What the tests of the rivers share: a job run to its end in this process, and an answer that is there."""

from __future__ import annotations

from typing import Any

from serving import Served

from api.executions import OFFERED
from spatial.jobs import run
from spatial.jobs.workplace import Workplace


def results(served: Served, process: str, **inputs: Any) -> Any:
    """The results of a job that ran, or its problem."""
    answer = served.client.post(
        f"/processes/{process}/execution",
        json={"inputs": inputs, "response": "document"},
        headers={"prefer": "respond-async"},
    )
    assert answer.status_code == 201, answer.text
    run.run(Workplace(served.dsn, "370783"), OFFERED, answer.json()["jobID"], 1)
    return served.get(f"/jobs/{answer.json()['jobID']}/results").json()


def outcome(served: Served, process: str, **inputs: Any) -> Any:
    """Its one output ``outcome``, or its problem."""
    told = results(served, process, **inputs)
    return told.get("outcome", told)


def get(served: Served, address: str, **options: Any) -> Any:
    answer = served.get(address, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()
