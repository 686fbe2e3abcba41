"""Processes and jobs."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get

TAG = "processes"


def family(situation: Situation) -> Family:
    """The routes of ``api.processes``."""
    paths: Document = {
        "/processes": get("processes", TAG, "处理 processes", ["f", "lang"]),
        "/jobs": get("jobs", TAG, "任务 jobs", ["f", "lang"]),
    }
    return Family(TAG, paths, {}, {})
