"""Errors of the planning package 规划模块的错误; each is one of the platform's kinds."""

from __future__ import annotations

from spatial.errors import NotFound


class NothingToReview(NotFound):
    """No layer is there that could be reviewed 没有可质检的图层."""

    code = "nothing-to-review"

