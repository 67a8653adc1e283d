"""`python -m core`: the operator's command line."""

import sys

from core.operate.cli import main

if __name__ == "__main__":
    sys.exit(main())
