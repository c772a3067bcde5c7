"""What every test shares: a cache of its own, so that no test reads or fills the user's."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory):
    """One cache for the whole session, so that scenes are drawn once; a test may set another."""
    folder = tmp_path_factory.mktemp("tlkit-cache")
    kept = os.environ.get("TLKIT_CACHE")
    os.environ["TLKIT_CACHE"] = str(folder)
    yield folder
    if kept is None:
        del os.environ["TLKIT_CACHE"]
    else:
        os.environ["TLKIT_CACHE"] = kept
