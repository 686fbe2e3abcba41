"""Whether the loops of the models are compiled already; looked up without reading a compiler."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from spatial.files import is_newer

HERE = Path(__file__).parent
LOOPS: Final = {
    "xinanjiang_kernel": "march",
    "gr4j_kernel": "march",
    "snow": "_march",
    "unit_hydrograph": "_spread",
    "muskingum": "_march",
    "cunge": "_march",
    "reservoir_kernel": "operated",
}
"""The loop that is compiled last in each module that has any."""


def is_ready(here: Path = HERE) -> bool:
    """Whether what was compiled of each module is newer than its source."""
    made = here / "__pycache__"
    return all(
        is_newer(made.glob(f"{module}.{loop}-*.nbi"), [here / f"{module}.py"])
        for module, loop in LOOPS.items()
    )
