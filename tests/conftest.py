"""For all tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ("pytester", "tests.support.markers", "tests.support.scheduling")

# the same examples in every run; and how long a draw takes, on a machine that does something else too, proves nothing
settings.register_profile("tests", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
