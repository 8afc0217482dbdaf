"""For all tests."""

pytest_plugins = ("pytester", "tests.support.markers")
