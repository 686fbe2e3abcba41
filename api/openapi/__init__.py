"""The OpenAPI 3.1 definition 接口定义, written by hand from the routes and the contracts.

One module a family of routes, each with ``paths`` and, where it needs its own,
``PARAMETERS`` and ``SCHEMAS``; ``document`` puts them together.
"""

from api.openapi.document import openapi

__all__ = ["openapi"]
