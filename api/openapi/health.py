"""Liveness and readiness."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get

TAG = "health"


def family(situation: Situation) -> Family:
    """The routes of ``api.health``."""
    paths: Document = {
        "/health/live": get("live", TAG, "进程存活 liveness", []),
        "/health/ready": get("ready", TAG, "能否服务 readiness, with reasons", []),
    }
    return Family(TAG, paths, {}, {})
