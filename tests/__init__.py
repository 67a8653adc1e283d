"""The tests; a package so that they share tests.pictures and tests.conftest."""
