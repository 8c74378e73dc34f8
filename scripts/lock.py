"""Pins every dependency, direct and indirect: `make lock` writes both lock files.

pip resolves, since it finds the CPU build of torch where one is provided; its local version
(`+cpu`) and what only a CUDA build needs are left out, so that the files fit every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_COMMAND = (
    *(sys.executable, "-m", "piptools", "compile", "--quiet", "--strip-extras", "--no-header"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
    *("--allow-unsafe", "--no-annotate", "--upgrade"),
)
_HEADER = "# Every dependency, pinned; written by: make lock\n"


def lock(name: str, *arguments: str) -> None:
    """Resolve and write one lock file."""
    path = ROOT / name
    path.unlink(missing_ok=True)
    subprocess.run(
        [*_COMMAND, *arguments, "--output-file", name, "pyproject.toml"], cwd=ROOT, check=True
    )
    lines = [
        re.sub(r"^(torch==[\d.]+)\+\w+", r"\1", line)
        for line in path.read_text("utf-8").splitlines()
        if line.strip() and not line.startswith(("--", "#", "nvidia-", "triton", "cuda-"))
    ]
    path.write_text(_HEADER + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    lock("requirements.lock", "--extra", "build")
    lock("requirements-dev.lock", "--extra", "dev", "--constraint", "requirements.lock")
