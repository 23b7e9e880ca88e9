"""Sweeps of any size into a file: what a case takes, and the peak of memory as the operating system has it.

python -m spinesim.bench.streamed --json benchmarks/results/sweeps.json
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from spinesim.bench.counting import multiple_of
from spinesim.bench.machine import machine
from spinesim.bench.timing import OURS, Row

SIZES = (256, 8_192, 65_536, 262_144)
#: Imbalances and tasks of every sweep; larger ones have more severities, so that the mix of cases stays.
IMBALANCES = ("lower_crossed", "underactive_glutes", "weak_transversus", "inhibited_multifidus")
_FLEXION_DEG, _HANDS_KG = np.linspace(0.0, 60.0, 16), (0.0, 5.0, 10.0, 15.0)
#: Cases of one severity, of which a size must be a multiple.
UNIT = len(IMBALANCES) * len(_FLEXION_DEG) * len(_HANDS_KG)


def sweep_once(count: int) -> dict[str, Any]:
    """What a sweep of `count` cases, a multiple of 256, into a file takes once a first chunk has compiled."""
    from spinesim import Posture, Task, lumbar_model, sweep

    model = lumbar_model()
    tasks = {
        f"flexed {angle:.0f} deg, {load:.0f} kg": Task(Posture.flexed(float(angle)), hand_load_kg=load)
        for angle in _FLEXION_DEG
        for load in _HANDS_KG
    }
    severities = np.linspace(0.0, 1.0, count // (len(tasks) * len(IMBALANCES)))
    sweep(model, tasks, IMBALANCES[:1], [0.5])
    before, begun, spent = _peak(), time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.nc"
        with sweep(model, tasks, IMBALANCES, severities, store=path) as ds:
            return {
                "cases": count,
                "time_s_per_case": (time.perf_counter() - begun) / count,
                "cpu_s_per_case": (time.process_time() - spent) / count,
                "peak_gb": _peak(),
                "peak_gb_after_the_first_chunk": before,
                "file_gb": path.stat().st_size / 1e9,
                "ended": ds.attrs["ended"],
            }


def _peak() -> float:
    """Largest memory that this process has had in use so far [GB].

    In `getrusage` Linux counts what a process had before it became this program, its parent's included; in
    the status of its memory it does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        kilobytes = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if kilobytes:
            return int(kilobytes[1]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


def in_a_process(count: int) -> dict[str, Any]:
    """`sweep_once` in a process of its own, whose peak of memory is that of this sweep."""
    words = [sys.executable, "-m", "spinesim.bench.streamed", "--once", str(count)]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def streamed(sizes: tuple[int, ...]) -> list[Row]:
    """One row a size: time of a case, and the peak of memory."""
    return [_row(in_a_process(count)) for count in sizes]


def _row(found: dict[str, Any]) -> Row:
    took = found["time_s_per_case"]
    return Row(
        "sweep into a file", OURS, found["cases"], took, took, took, np.nan, found["peak_gb"],
        "peak memory [GB]", found["ended"],
    )  # fmt: skip


def main() -> None:
    """Sweep every size in a process of its own and write what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    size = multiple_of(UNIT)
    parser.add_argument("--once", type=size, help="sweep so many cases here and print what it took")
    parser.add_argument("--sizes", type=size, nargs="+", default=SIZES)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.once:
        print(json.dumps(sweep_once(asked.once)))
        return
    found = []
    for count in asked.sizes:
        found.append(in_a_process(count))
        print(json.dumps(found[-1]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine(), "sweeps": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
