"""How the cases of a batch ended, in a line for people."""

from collections import Counter

import numpy as np

from spinesim._record import words
from spinesim.solvers.solution import Status


def counted(status: Status | np.ndarray) -> Counter[str]:
    """How many cases ended with each status."""
    return Counter(words(Status, status).ravel().tolist())


def ended(counts: Counter[str]) -> str:
    """As in `1,024 cases: 1,000 converged (97.7 %), 24 overloaded (2.3 %)`."""
    count = counts.total()
    said = (f"{own:,} {name} ({_percent(own, count)} %)" for name, own in counts.most_common())
    return f"{count:,} cases: {', '.join(said)}"


def _percent(part: int, whole: int) -> str:
    """A share that is 0 or 100 only if it is none or all."""
    share = 100 * part / whole
    if part == whole:
        return "100"
    return f"{share:.1f}" if 0.05 <= share < 99.95 else f"{share:.6g}"
