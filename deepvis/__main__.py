"""`python -m deepvis` is `deepvis`."""

from __future__ import annotations

import sys

from deepvis.cli import main

if __name__ == "__main__":
    sys.exit(main())
