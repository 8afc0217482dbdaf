"""What is said: the record of a run, and the writers that make reports of it."""

from reports.console import Progress, summary
from reports.events import Case, Event, Finding, Footer, Header, Known, Observation, Result, Rule, Snippet, Stack
from reports.judgement import verdict
from reports.markdown import render
from reports.merge import Report, merge
from reports.record import Record, RecordError, Writer, read

__all__ = [
    "Case",
    "Event",
    "Finding",
    "Footer",
    "Header",
    "Known",
    "Observation",
    "Progress",
    "Record",
    "RecordError",
    "Report",
    "Result",
    "Rule",
    "Snippet",
    "Stack",
    "Writer",
    "merge",
    "read",
    "render",
    "summary",
    "verdict",
]
