"""The command line of the suite with the mutants for its stacks: `python -m tests.mutants run ...`."""

import sys
from unittest.mock import patch

from conformance.cli.main import main
from tests.mutants.adapter import KNOWN

if __name__ == "__main__":
    with (
        patch("conformance.stacks.session.discover", return_value=KNOWN),
        patch("conformance.cli.stacks.discover", return_value=KNOWN),
    ):
        sys.exit(main())
