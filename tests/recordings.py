"""Where the recordings of real projects are, which stand beside the checkout."""

import os
from pathlib import Path

SHARED = Path(os.environ.get("GEMBA_SHARED", Path(__file__).parents[2] / "shared"))
