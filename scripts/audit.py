"""Looks the locked packages up among the known vulnerabilities; `make audit` and CI run it.

The exit code is 1 where there are any. Where the data of pip-audit is out of reach, a line says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCK = Path(__file__).parent.parent / "requirements.lock"
_FIRST_SECONDS, _MOST_SECONDS = 30, 300
_OUT_OF_REACH = "audit skipped: its data cannot be reached"


def main() -> int:
    """Audit; print what was found, or why nothing could be."""
    packages = [each for each in LOCK.read_text("utf-8").splitlines() if "==" in each]
    # One package shows whether the data can be reached, before all are asked for.
    try:
        first = looked_up(packages[:1], _FIRST_SECONDS)
        if reason := unreachable(first):
            print(f"{_OUT_OF_REACH} ({reason})")
            return 0
        return report(looked_up(packages, _MOST_SECONDS))
    except subprocess.TimeoutExpired as error:
        print(f"{_OUT_OF_REACH} (no answer in {error.timeout:.0f} s)")
        return 0


def looked_up(packages: Sequence[str], seconds: float) -> tuple[str, str]:
    """Give what pip-audit prints about packages, each `name==version`, as JSON and as complaint."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(packages) + "\n", "utf-8")
        command = [sys.executable, "-m", "pip_audit", "-r", str(file), "--no-deps", "--disable-pip"]
        command += ["--format", "json", "--progress-spinner", "off"]
        run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
    return run.stdout, run.stderr


def unreachable(said: tuple[str, str]) -> str:
    """Say why nothing could be looked up, in a line; empty where something was."""
    found, complaint = said
    try:
        packages = json.loads(found)["dependencies"]
        reasons = [each["skip_reason"] for each in packages if "skip_reason" in each]
    except (ValueError, KeyError, TypeError):
        packages, reasons = [], (complaint.strip().splitlines() or ["no word from pip-audit"])[-1:]
    return str(reasons[0])[:200] if len(reasons) >= len(packages) and reasons else ""


def report(said: tuple[str, str]) -> int:
    """Say in lines what pip-audit printed; give the exit code."""
    if reason := unreachable(said):
        print(f"{_OUT_OF_REACH} ({reason})")
        return 0
    packages = json.loads(said[0])["dependencies"]
    known = [(each, one) for each in packages for one in each.get("vulns", ())]
    for package, one in known:
        mend = ", ".join(one["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {one['id']}; mended in {mend}")
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if skipped:
        print(f"not looked up: {', '.join(skipped)}")
    looked_at = len(packages) - len(skipped)
    print(f"audit: {looked_at} packages, {len(known)} known vulnerabilities")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
