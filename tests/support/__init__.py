"""What several tests build on: records, fakes, a framework that is NumPy, and files that are offered to the gate."""

from pathlib import Path

SUBJECTS = Path(__file__).with_name("subjects")
