"""What a run learns from, as checksums (数据校验和): a run goes on only from the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt


def rules_checksum(rules: Path, folders: Sequence[str]) -> str:
    """Return one sha256 over the rule tables of some folders, names and bytes.

    Parameters
    ----------
    rules
        Folder of the rule data.
    folders
        Folders in it.
    """
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in (rules / folder).rglob("*") if p.is_file()):
            digest.update(path.relative_to(rules).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def arrays_checksum(arrays: Iterable[npt.ArrayLike]) -> str:
    """Return one sha256 over arrays, shapes and values."""
    digest = hashlib.sha256()
    for array in map(np.asarray, arrays):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
