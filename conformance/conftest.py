"""The rules as pytest tests: one run per stack and mode, so that -k, -x, xdist and JUnit work as usual."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.known.entries import Divergence, load, recogniser
from conformance.rules.define import DEPTHS
from conformance.rules.findings import Known
from conformance.run.recorder import Recorder
from conformance.stacks.options import Options
from conformance.stacks.session import Lab
from conformance.stacks.target import Subject

_EVENT = pytest.StashKey[dict[str, Any]]()
_LAB = pytest.StashKey[Lab]()
_DIVERGENCES = pytest.StashKey[Sequence[Divergence]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run (`python -m conformance run --help` says more)."""
    group = parser.getgroup("normconf")
    group.addoption("--stack", action="append", default=[], help="a stack to run; may be given again (default: all)")
    group.addoption("--depth", choices=list(DEPTHS), default="quick", help="how many cases are drawn")
    group.addoption("--record", help="write the record of the run to this file")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the lab, unless whoever called pytest did."""
    config = session.config
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(plugin, Recorder):
            config.stash[_LAB], config.stash[_DIVERGENCES] = plugin.lab, plugin.divergences
            return
    seed = int(config.getoption("hypothesis_seed", None) or 0)
    try:
        options = Options(stacks=tuple(config.getoption("stack")), depth=config.getoption("depth"), seed=seed)
        lab, divergences = Lab(options), load()
        lab.open()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[_LAB], config.stash[_DIVERGENCES] = lab, divergences
    config.add_cleanup(lab.close)
    if config.getoption("record") and not hasattr(config, "workerinput"):  # under xdist the controller writes
        recorder = Recorder(Path(config.getoption("record")), lab, divergences)
        recorder.open()
        config.pluginmanager.register(recorder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per available stack and mode."""
    if "subject" in metafunc.fixturenames:
        lab, about = metafunc.config.stash[_LAB], getattr(metafunc.function, "rule")  # noqa: B009  # set by @rule
        wanted = about.level in lab.options.levels or about.id in lab.options.also
        asked = [
            pair for pair in lab.subjects() if wanted and about.applies(lab.known[pair[0]], pair[1], lab.options.device)
        ]
        pairs = lab.subjects()
        several = {name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1}
        ids = [f"{name}:{mode}" if name in several else name for name, mode in asked]
        metafunc.parametrize("subject", asked, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def subject(request: pytest.FixtureRequest) -> Subject:
    """A stack in one mode."""
    name, mode = request.param
    return request.config.stash[_LAB].subject(name, mode)


@pytest.fixture
def depth(request: pytest.FixtureRequest) -> str:
    """How many cases are drawn."""
    return request.config.stash[_LAB].options.depth


@pytest.fixture
def case_seed(request: pytest.FixtureRequest) -> int:
    """The seed of every rule's cases."""
    return request.config.stash[_LAB].options.seed


@pytest.fixture
def known(request: pytest.FixtureRequest) -> Known:
    """What is known already."""
    return recogniser(request.config.stash[_DIVERGENCES])


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[dict[str, Any]], None]:
    """Takes the result event of a rule, for the record."""

    def keep(event: dict[str, Any]) -> None:
        request.node.stash[_EVENT] = event

    return keep


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A rule that applies to no stack of the run is not asked; pytest would report it as skipped."""
    items[:] = [item for item in items if isinstance(vars(item)["callspec"].params["subject"], tuple)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the event to the report, which also travels from an xdist worker to its controller."""
    report = yield
    if call.when == "call" and _EVENT in item.stash:
        vars(report)["normconf"] = item.stash[_EVENT]
    return report
