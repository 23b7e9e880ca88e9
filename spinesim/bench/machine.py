"""The machine and the versions that a benchmark was run on."""

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jax

from spinesim._version import __version__

_PEERS = ("daqp", "piqp", "clarabel", "osqp", "qpax", "casadi", "mujoco", "opensim")


def machine() -> dict[str, str]:
    """Processor, cores, memory, versions, device and day, as attributes of a dataset."""
    packages = {f"{name}_version": found for name in ("jax", "numpy", *_PEERS) if (found := _version(name))}
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "device": str(jax.devices()[0].device_kind),
        "load_before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "",
        "python_version": platform.python_version(),
        "spinesim_version": __version__,
        "date": date.today().isoformat(),
        **packages,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
