"""For all tests."""

pytest_plugins = ("pytester", "tests.support.markers", "tests.support.scheduling")
