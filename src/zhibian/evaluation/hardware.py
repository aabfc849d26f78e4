"""Where a run took place (运行环境): processor, memory, packages; nothing names the machine."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import zhibian
from zhibian.evaluation.results import HardwareOut

_CPU_FILE = Path("/proc/cpuinfo")
_MEMORY_FILE = Path("/proc/meminfo")
_GPU_FILES = "/proc/driver/nvidia/gpus"
_KIB_PER_GIB = 1024**2
# Packages whose version can move a figure.
_PACKAGES = ("numpy", "scipy", "scikit-learn", "onnxruntime", "tokenizers", "torch", "transformers")


def hardware() -> HardwareOut:
    """Return processor, cores this process may use, memory, accelerator, Python and system."""
    return HardwareOut(
        cpu=_line(_CPU_FILE, "model name") or platform.machine(),
        cores=_cores(),
        memory_gib=_memory(),
        accelerator=_accelerator(),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
    )


def package_versions(names: Iterable[str] = _PACKAGES) -> dict[str, str]:
    """Return the versions of this program and of the installed packages among some."""
    found = {"zhibian": zhibian.__version__}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _line(file: Path, key: str) -> str | None:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)


def _cores() -> int:
    # A container often may use fewer cores than the machine has; macOS can't tell.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> float | None:
    told = re.match(r"(\d+) kB", _line(_MEMORY_FILE, "MemTotal") or "")
    return round(int(told[1]) / _KIB_PER_GIB, 1) if told else None


def _accelerator() -> str | None:
    """Return the model of the first NVIDIA accelerator, as its driver tells it."""
    for folder in sorted(Path(_GPU_FILES).glob("*")):
        return _line(folder / "information", "Model")
    return None
