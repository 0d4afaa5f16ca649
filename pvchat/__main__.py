"""`python -m pvchat` is the command line."""

from __future__ import annotations

import sys

from pvchat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
