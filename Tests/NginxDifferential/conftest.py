import pytest

import reader


def pytest_sessionstart(session):
    if not reader.BINARY.exists():
        pytest.exit(f"{reader.BINARY} is not built: run 'swift build --product NginxReader'", returncode=2)
