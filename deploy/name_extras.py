"""Print what pyproject.toml requires for some extras, one requirement a line (for `make lock`).

python deploy/name_extras.py reference compared
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in sys.argv[1:]:
        print("\n".join(project["optional-dependencies"][extra]))
