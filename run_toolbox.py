"""Open the DeepVis window with the settings.py beside this file; `python run_toolbox.py --help` lists the options."""

from __future__ import annotations

import sys
from pathlib import Path

from deepvis.cli import main

if __name__ == "__main__":
    sys.exit(main(settings_file=Path(__file__).resolve().with_name("settings.py")))
