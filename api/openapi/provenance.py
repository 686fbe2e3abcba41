"""Quality and lineage."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get

TAG = "provenance"


def family(situation: Situation) -> Family:
    """The routes of ``api.provenance``."""
    paths: Document = {
        "/collections/{id}/quality": get(
            "quality", TAG, "图层质量 quality of a layer (ISO 19157)", ["id", "f", "lang"]
        ),
        "/collections/{id}/lineage": get("lineage", TAG, "图层沿袭 lineage of a layer", ["id", "f", "lang"]),
        "/changesets/{number}/quality": get(
            "changesetQuality", TAG, "变更集质量 quality of a changeset", ["number", "f", "lang"]
        ),
        "/changesets/{number}/lineage": get(
            "changesetLineage", TAG, "变更集沿袭 lineage of a changeset (PROV)", ["number", "f", "lang"]
        ),
        "/jobs/{jobId}/lineage": get(
            "jobLineage", TAG, "任务结果沿袭 lineage of a job's result", ["jobId", "f", "lang"]
        ),
    }
    return Family(TAG, paths, {}, {})
