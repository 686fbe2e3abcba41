"""How long tests wait: a busy machine is no fault, so nothing that ends well is ever too late.

What must not wait for something (a lock, a lost database, a grammar gone astray) would wait each time it
is asked, whereas a hiccup of the machine passes: the quickest of several answers tells them apart. How
fast the product is, ``benchmarks/`` measure.
"""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
"""What has not come by then will not come."""
TRIES = 8

Answer = TypeVar("Answer")


def at_once(
    ask: Callable[[], Answer], within_s: float, clock: Callable[[], float] = time.monotonic
) -> Answer:
    """The answer of the first try that takes less than it would if it waited for anything."""
    took_s = []
    for _ in range(TRIES):
        begun = clock()
        answer = ask()
        took_s.append(clock() - begun)
        if took_s[-1] < within_s:
            return answer
    raise AssertionError(f"never within {within_s:g} s: {[round(each, 3) for each in took_s]}")
