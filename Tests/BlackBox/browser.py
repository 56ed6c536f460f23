"""A real Chromium, and the official Socket.IO bundle that it runs."""
import os
import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
# nicegui is installed for this file alone; it is not imported.
BUNDLE = Path(find_spec("nicegui").submodule_search_locations[0]) / "static" / "socket.io.min.js"


@contextmanager
def chromium():
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


class Windows:
    """Opens pages, each as a visitor of its own, and keeps what their consoles complain of."""

    def __init__(self, browser):
        self.browser, self.contexts, self.complaints = browser, [], []

    def open(self, url, **options):
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)
        return page

    def close(self):
        for context in self.contexts:
            context.close()
