"""The built-in page in a real browser: two windows talk, the policy is kept, close codes come in words."""
import base64
import json
import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

import harness
from harness import HOST, get

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="module")
def browser():
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="module")
def server(folder):
    """Its own server: the one of the other tests has seen proxies, after which no page is given a token."""
    running = harness.Sockeye(harness.BINARY, folder / "page-state", ["--echo", "/echo"])
    yield running
    running.stop()


@pytest.fixture
def window(browser):
    """Opens pages whose console must stay clean."""
    contexts, complaints = [], []

    def open_page(url, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()


def test_two_windows_talk(server, window):
    one, two = (window(f"http://{HOST}:{server.port}/") for _ in range(2))
    for page in (one, two):
        expect(page.locator("#state-text")).to_have_text("Connected")
        expect(page.locator("#topics")).to_contain_text("hello")
        expect(page.locator("#log")).to_contain_text("subscribed")
    one.fill("#message", "grüße aus dem ersten Fenster")
    one.click("#publish")
    for page in (one, two):
        expect(page.locator("#log li.message .text").last).to_have_text("grüße aus dem ersten Fenster")
    two.fill("#message", '{"answer": 42}')
    two.press("#message", "Enter")
    expect(one.locator("#log li.message .text").last).to_have_text('{"answer":42}')
    assert window.complaints == [], "neither an error nor a violation of the policy"


def test_subscribe_and_unsubscribe_by_hand(server, window):
    page = window(f"http://{HOST}:{server.port}/")
    expect(page.locator("#subscribe")).to_be_enabled()
    page.fill("#subscribe-topic", "weather")
    page.click("#subscribe")
    expect(page.locator("#topics")).to_contain_text("weather")
    expect(page.locator("#log")).to_contain_text("weather")
    page.get_by_role("button", name="Unsubscribe from weather").click()
    expect(page.locator("#topics")).not_to_contain_text("weather")
    expect(page.locator("#log li", has_text="unsubscribed")).to_have_count(1)


def test_the_ping_is_measured_and_an_error_is_shown(server, window):
    page = window(f"http://{HOST}:{server.port}/")
    expect(page.locator("#ping")).to_contain_text("ms")
    page.fill("#subscribe-topic", "user:somebody-else")
    page.click("#subscribe")
    expect(page.locator("#log li.bad")).to_have_count(1)
    assert window.complaints == []


def test_a_close_comes_in_words_and_the_page_comes_back(start, window, tmp_path):
    state = tmp_path / "kept"
    server = start(state=state)
    page = window(f"http://{HOST}:{server.port}/")
    expect(page.locator("#state-text")).to_have_text("Connected")
    server.stop()
    expect(page.locator("#log li.bad", has_text="closed").first).to_contain_text("10")
    text = page.locator("#log li.bad", has_text="closed").first.inner_text()
    assert any(code in text and words in text for code, words in (("1001", "going away"), ("1012", "restarts"))), text
    start(state=state, port=server.port)
    expect(page.locator("#state-text")).to_have_text("Connected", timeout=40_000)


def test_disconnect_and_connect_by_hand(server, window):
    page = window(f"http://{HOST}:{server.port}/")
    expect(page.locator("#state-text")).to_have_text("Connected")
    page.click("#toggle")
    expect(page.locator("#log")).to_contain_text("normal closure")
    expect(page.locator("#publish")).to_be_disabled()
    page.click("#toggle")
    expect(page.locator("#state-text")).to_have_text("Connected")
    assert window.complaints == []


def test_without_a_token_it_tells_how_to_get_one(start, window):
    port = harness.free_port()
    server = start("--origin", f"http://{HOST}:{port}", port=port, environment={"SOCKEYE_PROFILE": "production"})
    page = window(f"http://{HOST}:{server.port}/")
    expect(page.locator("#token-section")).to_be_visible()
    expect(page.locator("#token-section")).to_contain_text("sockeye token mint")
    page.fill("#token", "not.a.token")
    page.click("#token-form button")
    expect(page.locator("#log li.bad").first).to_contain_text("TOKEN-")
    expect(page.locator("#token-section")).to_be_visible()
    page.fill("#token", server.token("ada"))
    page.click("#token-form button")
    expect(page.locator("#state-text")).to_have_text("Connected", timeout=15_000)
    expect(page.locator("#user")).to_have_text("ada")
    assert window.complaints == []


def test_it_is_small_and_fits_a_phone(server, window):
    total = sum(len(get(server.port, path).body) for path in ("/", "/page.js", "/page.css", "/page.svg"))
    assert total < 20 * 1024
    page = window(f"http://{HOST}:{server.port}/", viewport={"width": 360, "height": 740}, color_scheme="dark")
    expect(page.locator("#state-text")).to_have_text("Connected")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_control_has_a_name_and_the_log_is_announced(server, window):
    page = window(f"http://{HOST}:{server.port}/")
    expect(page.locator("#state-text")).to_have_text("Connected")
    nameless = page.evaluate("""[...document.querySelectorAll("input, button")].filter((each) => each.checkVisibility())
        .filter((each) => !(each.labels?.length || each.textContent.trim() || each.ariaLabel)).map((each) => each.outerHTML)""")
    assert nameless == []
    assert page.locator("#log").get_attribute("aria-live") == "polite"
    assert page.locator("#state").get_attribute("role") == "status"


# ---- who gets a token ----

def test_the_token_of_the_page_is_short_lived(server):
    facts = get(server.port, "/page.json").json
    assert facts["endpoints"] == ["/ws"] and facts["version"]
    payload = facts["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert 60 <= claims["exp"] - claims["iat"] <= 3600


@pytest.mark.parametrize("headers", [
    ["X-Forwarded-For: 203.0.113.9"],
    ["X-Real-IP: 203.0.113.9"],
    ["Forwarded: for=203.0.113.9"],
    ["Via: 1.1 gate"],
])
def test_no_token_for_what_came_through_a_proxy(start, headers):
    assert get(start().port, "/page.json", headers=headers).json["token"] is None


@pytest.mark.parametrize("head", [
    "Host: evil.example",                                          # DNS rebinding
    "Host: localhost\r\nOrigin: https://evil.example",
    "Host: localhost\r\nSec-Fetch-Site: cross-site",
])
def test_no_token_for_a_strange_page(server, head):
    with harness.Raw(server.port) as raw:
        answer = raw.send(f"GET /page.json HTTP/1.1\r\n{head}\r\n\r\n").response()
        assert answer.json["token"] is None
        assert answer["Access-Control-Allow-Origin"] is None


def test_no_token_in_production(start):
    assert get(start(environment={"SOCKEYE_PROFILE": "production"}).port, "/page.json").json["token"] is None
