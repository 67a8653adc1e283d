"""How properties are tried in all unit tests."""

from hypothesis import HealthCheck, settings

# Nothing in the tests depends on the clock, and a busy machine is no fault of the code.
settings.register_profile("auditorium", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("auditorium")
