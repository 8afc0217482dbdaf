"""The rules as pytest items, one for each stack and mode that a rule is put to; so -k, -x, xdist and JUnit work."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.known.entries import Divergence, load
from conformance.rules.execute import DEPTHS
from conformance.rules.rule import RuleDefinition
from conformance.run.recorder import Recorder
from conformance.schedule.ask import ask, news
from conformance.schedule.plan import Question, plan
from conformance.stacks.options import Options
from conformance.stacks.session import Session
from reports.record.codec import to_json
from reports.record.model import Result

_SESSION = pytest.StashKey[Session]()
_PLAN = pytest.StashKey[Sequence[Question]]()
_DIVERGENCES = pytest.StashKey[Sequence[Divergence]]()


class RuleBroken(Exception):
    """A MUST rule is broken in a way that is not known."""


class RuleItem(pytest.Item):
    """A rule put to a stack in one mode; `result` is there once it has run."""

    def __init__(self, *, rule: RuleDefinition, stack: str, mode: str, **of_pytest: Any) -> None:
        super().__init__(**of_pytest)
        self.rule, self.stack, self.mode = rule, stack, mode
        self.result: Result | None = None

    def runtest(self) -> None:
        """Put the rule to the stack; raises RuleBroken."""
        session, divergences = self.config.stash[_SESSION], self.config.stash[_DIVERGENCES]
        self.result = ask(session, self.rule, self.stack, self.mode, divergences)
        if finding := news(self.result):
            raise RuleBroken(f"{self.rule.statement}\n{finding.sentence}: case {finding.case.id}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A broken rule is told in its own words; anything else is a fault of the suite, with its traceback."""
        if isinstance(excinfo.value, RuleBroken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the rule is, and its name."""
        return self.path, None, self.name


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run (`python -m conformance run --help` says more)."""
    group = parser.getgroup("normconf")
    group.addoption("--stack", action="append", default=[], help="a stack to run; may be given again (default: all)")
    group.addoption("--depth", choices=list(DEPTHS), default="quick", help="how many cases are drawn")
    group.addoption("--record", help="write the record of the run to this file")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the stacks, unless whoever called pytest did."""
    config = session.config
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(plugin, Recorder):
            config.stash[_SESSION], config.stash[_DIVERGENCES] = plugin.session, plugin.divergences
            config.stash[_PLAN] = plugin.plan
            return
    seed = int(config.getoption("hypothesis_seed", None) or 0)
    try:
        options = Options(stacks=tuple(config.getoption("stack")), depth=config.getoption("depth"), seed=seed)
        opened, divergences = Session(options), load()
        opened.open()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[_SESSION], config.stash[_DIVERGENCES], config.stash[_PLAN] = opened, divergences, plan(opened)
    config.add_cleanup(opened.close)
    if config.getoption("record") and not hasattr(config, "workerinput"):  # under xdist the controller writes
        recorder = Recorder(Path(config.getoption("record")), opened, divergences)
        recorder.open()
        config.add_cleanup(recorder.close)
        config.pluginmanager.register(recorder)


def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> list[pytest.Item] | None:
    """An item for every stack and mode that a rule is put to; a rule that applies to none is not asked."""
    if not isinstance(obj, RuleDefinition):
        return None
    # by its id: in an installed package pytest imports the chapters a second time, under another name
    return [_item(collector, question) for question in collector.config.stash[_PLAN] if question.rule.id == obj.id]


def _item(collector: pytest.Module, question: Question) -> RuleItem:
    asked = {"rule": question.rule, "stack": question.stack, "mode": question.mode}
    return RuleItem.from_parent(collector, name=question.name, **asked)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stack by stack, so that a process has to be loaded once only, and rules in the order of the chapters."""
    order = {target: place for place, target in enumerate(config.stash[_SESSION].targets())}
    items.sort(key=lambda item: order[item.stack, item.mode] if isinstance(item, RuleItem) else len(order))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the result to the report, which also travels from an xdist worker to its controller."""
    report = yield
    if call.when == "call" and isinstance(item, RuleItem) and item.result is not None:
        vars(report)["normconf"] = to_json(item.result)  # JSON data travel between processes
    return report
