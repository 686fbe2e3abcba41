"""What the rivers refuse 水利业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations
