"""Programs in a worker: what they print and how they end."""

from __future__ import annotations

import pytest

from conformance.stacks.programs import Execution, execute
from tests.support.python_stack import Here


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("print(1)\nprint(2)\n", "1\n2"),
        ("print(1)\nraise ValueError('no')", "1\nValueError: no"),
        ("raise ValueError('no')", "ValueError: no"),
        ("", ""),
    ],
)
def test_a_terminal_would_show_the_same(source: str, printed: str) -> None:
    """The output, and below it the exception."""
    assert execute(source, Here()).printed == printed


def test_a_lost_process_is_no_error_of_the_program() -> None:
    """It is told apart, and named."""
    assert execute("", Here(dies=True)) == Execution(error="WorkerDied", message="Segmentation fault", lost=True)
