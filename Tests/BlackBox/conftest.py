import shutil
import tempfile
from pathlib import Path

import pytest

import harness


def pytest_configure(config):
    harness.raise_descriptor_limit()
    config.addinivalue_line("markers", "heavy: holds thousands of connections for several seconds")


def pytest_sessionstart(session):
    if not harness.BINARY.exists():
        pytest.exit(f"{harness.BINARY} is not built: run 'make build', or set SOCKEYE_BINARY", returncode=2)


@pytest.fixture(scope="session")
def folder():
    path = Path(tempfile.mkdtemp(prefix="sockeye-blackbox-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def server(folder):
    """One server for all tests that leave it as they found it."""
    running = harness.Sockeye(harness.BINARY, folder / "state", ["--echo", "/echo"])
    yield running
    status = running.stop()
    assert status == 0, running.log[-2000:]


@pytest.fixture
def start(tmp_path):
    """Starts servers for one test: `start("--echo", "/echo", environment={...})`."""
    running = []

    def begin(*args, state=None, **options):
        instance = harness.Sockeye(harness.BINARY, state or tmp_path / f"state{len(running)}", args, **options)
        running.append(instance)
        return instance

    yield begin
    for instance in running:
        instance.stop()


@pytest.fixture(scope="session")
def certificates(folder):
    return harness.Certificates(folder / "certificates")


@pytest.fixture
def nginx():
    """Starts nginx for one test: `nginx(configuration, ports)`."""
    running = []

    def begin(configuration, *ports):
        running.append(harness.Nginx(configuration, ports))
        return running[-1]

    yield begin
    for instance in running:
        instance.stop()
