"""`python -m conformance`."""

import os
import sys

if __name__ == "__main__":
    # with -m the current folder comes first: a file json.py in it would be taken for the standard library's
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [root, *(path for path in sys.path if path and path not in (os.getcwd(), root))]

    from conformance.cli.main import main

    sys.exit(main())
