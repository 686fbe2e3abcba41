"""What the body of a request says, before anybody judges it."""

from __future__ import annotations

from typing import Any

import orjson

from spatial.errors import InvalidInput


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; ``InvalidInput`` where it is none.

    >>> json_object(b'{"reason": "x"}')
    {'reason': 'x'}
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as failure:
        raise InvalidInput(
            f"请求体不是 JSON:{failure}", f"the request body is not JSON: {failure}", value="body"
        ) from None
    if not isinstance(document, dict):
        raise InvalidInput(
            "请求体须为 JSON 对象", "the request body must be a JSON object", value=type(document).__name__
        )
    return document
