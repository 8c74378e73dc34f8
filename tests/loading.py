"""Programs beside the packages, such as the harnesses, as modules."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def load(path):
    """Load the program at a path below the repository's root, under a name no test module has."""
    name = f"{Path(path).stem}_run"
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
