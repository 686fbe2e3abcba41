"""A station server as a process, for tests that kill it: ``python telemetry_service.py DSN PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))

from table_sink import TableSink

from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.service import serve

if __name__ == "__main__":
    dsn, port = sys.argv[1], int(sys.argv[2])
    asyncio.run(
        serve(
            dsn,
            TableSink(),
            [Door("sl651/tcp", "127.0.0.1", port)],
            ready=lambda ports: print(ports[0], flush=True),
        )
    )
