"""Accept what the commands give now: `python -m tests.golden [list|report|run|gate ...]`."""

import sys
import tempfile
from pathlib import Path

from tests.golden.outputs import OUTPUTS, accept

for outputs in OUTPUTS:
    if not sys.argv[1:] or outputs.__name__ in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in outputs(Path(folder)).items():
                accept(name, text)
                print(f"{name}: {len(text):,} characters")
