"""How the cases of a batch ended, in a line for people."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from spinesim._record import words
from spinesim.solvers.solution import Status


def counted(status: Status | np.ndarray) -> Counter[str]:
    """How many cases ended with each status, most first."""
    return Counter(dict(Counter(words(Status, status).ravel().tolist()).most_common()))


def ended(counts: Mapping[str, int]) -> str:
    """As in `1,024 cases: 1,000 converged (97.7 %), 24 overloaded (2.3 %)`."""
    count = sum(counts.values())
    said = ", ".join(f"{own:,} {name} ({_percent(own, count)} %)" for name, own in counts.items())
    return f"{count:,} cases: {said}"


def _percent(part: int, whole: int) -> str:
    """A share that is 0 or 100 only if it is none or all."""
    share = 100 * part / whole
    return f"{share:.1f}" if 0.05 <= share < 99.95 else f"{share:.3g}" if part < whole else "100"
