"""Cases and what becomes of them."""
from dataclasses import dataclass
from typing import Callable


@dataclass
class Case:
    suite: str
    name: str
    run: Callable
    # The way of a Socket.IO case: websocket, polling or upgrade.
    way: str = ""

    @property
    def sentence(self):
        """What it is about, whichever way it goes."""
        return f"{self.suite}/{self.name}"

    @property
    def id(self):
        return "/".join(part for part in (self.suite, self.way, self.name) if part)


CASES = []


def case(suite, name, *, ways=("",)):
    """Registers `async def case(server)`, or `async def case(server, way)` for cases that run on several ways."""

    def register(function):
        for way in ways:
            CASES.append(Case(suite, name, function, way))
        return function

    return register
