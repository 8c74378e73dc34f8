"""Looks the locked packages up among the known vulnerabilities; `make audit` and CI run it.

The exit code is 1 where there are any. Where pip-audit or its data is out of reach, a line says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements.lock"
_MOST_SECONDS = 300
_NOT_THERE = "pip-audit is not installed; install it beside the project: pip install pip-audit"


def main() -> int:
    """Audit; print what was found, or why nothing could be."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK)]
    command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        run = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        print("audit skipped: its data cannot be reached")
        return 0
    if "No module named" in run.stderr:
        print(f"audit skipped: {_NOT_THERE}")
        return 0
    return report(run.stdout, run.stderr)


def report(found: str, complaint: str) -> int:
    """Say in lines what pip-audit printed as JSON; give the exit code."""
    try:
        packages = json.loads(found)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (complaint.strip().splitlines() or ["no word from pip-audit"])[-1]
        print(f"audit skipped: its data cannot be reached ({reason[:200]})")
        return 0
    known = [(each, one) for each in packages for one in each.get("vulns", ())]
    for package, one in known:
        mend = ", ".join(one["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {one['id']}; mended in {mend}")
    print(f"audit: {len(packages)} packages, {len(known)} known vulnerabilities")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
