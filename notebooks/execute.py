"""Execute the notebooks and save them with their outputs (运行笔记本): ``make notebooks``.

Outputs are the same on every machine as far as the package's figures are: nothing of the machine,
the time or the person is kept.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

HOME = Path(__file__).resolve().parent
#: Seconds that one cell may take.
PATIENCE = 300
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """Return the notebooks in their order."""
    return sorted(HOME.glob("*.ipynb"))


def executed(path: Path) -> NotebookNode:
    """Return a notebook with fresh outputs; the file stays as it is.

    Parameters
    ----------
    path
        The notebook. It runs in the repository, under this interpreter, and leaves nothing in the
        home folder.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed.
    """
    book = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as scratch:
        manager = _manager(Path(scratch))
        client = NotebookClient(
            book,
            km=manager,
            timeout=PATIENCE,
            record_timing=False,
            resources={"metadata": {"path": str(HOME.parent)}},
        )
        try:
            client.execute(env=_environment(Path(scratch)))
        finally:
            # The client ends only kernels that it chose itself.
            manager.shutdown_kernel(now=True)
    return _plain(book)


def _manager(scratch: Path) -> KernelManager:
    """Return a manager whose only kernel is this interpreter, whatever kernels are installed."""
    home = scratch / "kernels" / "here"
    home.mkdir(parents=True)
    start = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher"]
    spec = {"argv": [*start, "-f", "{connection_file}"], "display_name": "here"}
    (home / "kernel.json").write_bytes(json.dumps(spec).encode())
    return KernelManager(
        kernel_name="here",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(scratch / "kernels")]),
        connection_file=str(scratch / "kernel.json"),
        # Sockets in the scratch folder: nothing listens on the network.
        transport="tcp" if sys.platform == "win32" else "ipc",
    )


def _environment(scratch: Path) -> dict[str, str]:
    """Return variables under which settings of the user count for nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZHIBIAN_", "MPL", "IPYTHON"))}
    own = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "MPLCONFIGDIR": str(scratch / "matplotlib"),
        "OMP_NUM_THREADS": "1",
        "NO_COLOR": "1",
    }
    return {**kept, **own}


def _plain(book: NotebookNode) -> NotebookNode:
    """Return a notebook without what differs between machines and runs."""
    book.metadata = nbformat.from_dict(_METADATA)
    for place, cell in enumerate(book.cells, start=1):
        cell.id = f"c{place:02d}"
        cell.metadata = NotebookNode()
    return book


def main() -> None:
    """Execute every notebook in place."""
    for path in notebooks():
        book = executed(path)
        nbformat.write(book, path)
        sys.stderr.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
