"""The interview chat (Examples/interview-chat) as its users see it: real Chromium, real nginx, the official client."""
import re

import pytest
from playwright.sync_api import expect

from browser import BUNDLE, Windows, chromium
from harness import HOST, free_port, get, until
from test_examples import Example


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def windows(browser):
    opened = Windows(browser)
    yield opened
    opened.close()


class Chat(Example):
    def __init__(self, start, nginx, tmp_path, toml=()):
        super().__init__("interview-chat", start, nginx, tmp_path, toml, **{
            "/srv/interview-chat/node_modules/socket.io-client/dist/socket.io.min.js": BUNDLE,
            "/srv/interview-chat/page": "/srv/interview-chat/page"})
        self.page = f"http://{HOST}:{self.port}/"

    def token(self, user, *args):
        return super().token(user, "--opaque", "--claim", f"name={user.capitalize()}", *args)

    def login(self, windows, user, token=None):
        page = windows.open(self.page)
        page.fill("#token", token or self.token(user))
        page.click("#login button")
        return page

    def enter(self, windows, user, token=None):
        page = self.login(windows, user, token)
        expect(page.locator("#state")).to_have_text(re.compile(f"^connected as {user}"))
        return page

    def refusals(self):
        answer = get(self.server.port, "/api/refusals", headers=[f"Authorization: Bearer {self.key}"])
        return answer.json["refusals"]


@pytest.fixture
def chat(start, nginx, tmp_path):
    return Chat(start, nginx, tmp_path)


def say(page, text):
    page.fill("#room-text", text)
    page.click("#say button")


def tell(page, user, text):
    page.fill("#to", user)
    page.fill("#direct-text", text)
    page.click("#tell button")


def join(page, room="7"):
    page.fill("#room", room)
    page.click("#join button")
    expect(page.locator("#join")).to_have_attribute("data-joined", room)


def test_two_users_talk_in_a_room_and_to_each_other(chat, windows):
    ada, bob = chat.enter(windows, "ada"), chat.enter(windows, "bob")
    other = chat.enter(windows, "bob")
    for page in (ada, bob, other):
        expect(page.locator("#online li")).to_have_text(["ada", "bob"])
    join(ada)
    join(bob)
    say(ada, "good morning – grüß Gott – 早上好 😀")
    for page in (ada, bob):
        expect(page.locator("#room-messages li")).to_have_text(["ada: good morning – grüß Gott – 早上好 😀"])
    say(bob, "<b>hello</b>")
    for page in (ada, bob):
        expect(page.locator("#room-messages li").last).to_have_text("bob: <b>hello</b>")
    # All of bob's pages, and nobody else's.
    tell(ada, "bob", "how do you do")
    for page in (bob, other):
        expect(page.locator("#direct-messages li")).to_have_text(["ada: how do you do"])
    expect(ada.locator("#direct-messages li")).to_have_text(["to bob: how do you do"])
    expect(other.locator("#room-messages li")).to_have_count(0)
    join(bob, "8")
    say(ada, "still there?")
    expect(ada.locator("#room-messages li").last).to_have_text("ada: still there?")
    expect(bob.locator("#room-messages li")).to_have_count(2)
    assert windows.complaints == []


def test_who_is_online_changes_before_their_eyes(chat, windows):
    ada = chat.enter(windows, "ada")
    expect(ada.locator("#online li")).to_have_text(["ada"])
    bob, other = chat.enter(windows, "bob"), chat.enter(windows, "bob")
    expect(ada.locator("#online li")).to_have_text(["ada", "bob"])
    bob.context.close()
    expect(other.locator("#online li")).to_have_text(["ada", "bob"])
    other.context.close()
    windows.contexts = [ada.context]
    expect(ada.locator("#online li")).to_have_text(["ada"], timeout=10_000)


def test_a_revoked_token_is_told_with_its_true_reason(chat, windows):
    token = chat.token("ada")
    ada, bob = chat.enter(windows, "ada", token), chat.enter(windows, "bob")
    listed = chat.command("token", "list", "--user", "ada", "--state", chat.server.state)
    number = re.search(r"^(\d+)\s", listed.stdout, re.MULTILINE)[1]
    revoked = chat.command("token", "revoke", "--number", number, "--state", chat.server.state)
    assert revoked.returncode == 0, revoked.stderr
    # The open page is cut off, tries again, and shows why it may not.
    expect(ada.locator("#state")).to_have_text("not connected", timeout=10_000)
    expect(ada.locator("#reason")).to_contain_text("TOKEN-REVOKED")
    expect(ada.locator("#reason")).to_contain_text("revoked")
    # A page that is opened anew hears the same, others go on.
    again = chat.login(windows, "ada", token)
    expect(again.locator("#reason")).to_contain_text("TOKEN-REVOKED")
    expect(bob.locator("#state")).to_have_text(re.compile("^connected as bob"))
    assert "TOKEN-REVOKED" in {refusal["code"] for refusal in chat.refusals()}
    assert token not in chat.server.log


@pytest.mark.parametrize("token, code", [("sk_" + "x" * 43, "TOKEN-UNKNOWN"), ("not a token", "TOKEN-")])
def test_a_bad_token_is_told_with_its_true_reason(chat, windows, token, code):
    page = chat.login(windows, "ada", token)
    expect(page.locator("#reason")).to_contain_text(code)
    expect(page.locator("#state")).to_have_text("not connected")
    expect(page.locator("#chat")).to_be_hidden()
    # And with a good one the same page comes in.
    page.fill("#token", chat.token("ada"))
    page.click("#login button")
    expect(page.locator("#state")).to_have_text(re.compile("^connected as ada"))
    expect(page.locator("#reason")).to_have_text("")


def test_an_expired_token_is_told_so(chat, windows):
    token = chat.token("ada", "--ttl", "1s")
    until(lambda: "expired" in chat.command("token", "inspect", "--config", chat.configuration, "--state", chat.server.state,
                                            input=token).stdout, what="the token having expired")
    page = chat.login(windows, "ada", token)
    expect(page.locator("#reason")).to_contain_text("TOKEN-EXPIRED")


def test_the_page_of_another_origin_is_refused(start, nginx, tmp_path, windows):
    chat = Chat(start, nginx, tmp_path, toml={'["http://localhost"]': '["https://chat.example"]'})
    page = chat.login(windows, "ada")
    # A browser sends no Origin with a GET to the page's own host: a session opens, and its first POST is refused.
    expect(page.locator("#state")).to_have_text(re.compile("not connected|transport error"))
    expect(page.locator("#chat")).to_be_hidden()
    until(lambda: "ORIGIN-REFUSED" in {refusal["code"] for refusal in chat.refusals()})


def test_the_log_tells_a_connection_s_life_in_order(chat, windows):
    token = chat.token("ada")
    chat.enter(windows, "ada", token)
    wanted = [f"socket-{event}" for event in (
        "attempt", "token-present", "token-verified", "token-found", "authenticated", "connected")]
    events = [re.search(r" (?:info|debug) +([a-z-]+): ", line) for line in chat.server.log.splitlines()]
    came = [event[1] for event in events if event and event[1] in wanted]
    assert came == wanted, chat.server.log
    lines = {event[1]: line for event, line in zip(events, chat.server.log.splitlines()) if event}
    for event, words in zip(wanted, ("/im", "auth", "***", "user ID ada", "Ada", "socket ID")):
        assert words in lines[event], lines[event]
    assert token not in chat.server.log


def test_without_the_location_the_server_hears_nothing(start, nginx, tmp_path, windows):
    """The classic mistake: the page's fallback answers the handshake."""
    chat = Chat(start, nginx, tmp_path)
    port = free_port()
    nginx(f"""server {{ listen {port}; root {chat.folder}/page; location / {{ try_files $uri /index.html; }}
              location = /socket.io.min.js {{ alias {BUNDLE}; }} }}""", port)
    page = windows.open(f"http://{HOST}:{port}/")
    page.fill("#token", chat.token("ada"))
    page.click("#login button")
    expect(page.locator("#reason")).to_contain_text("NO-ANSWER")
    assert "socket-attempt" not in chat.server.log and chat.refusals() == []


def test_a_page_that_was_cut_off_misses_nothing(chat, windows):
    ada, bob = chat.enter(windows, "ada"), chat.enter(windows, "bob")
    for page in (ada, bob):
        join(page)
    say(ada, "first")
    expect(bob.locator("#room-messages li")).to_have_text(["ada: first"])
    # The line is cut under the client, which does not know why.
    bob.evaluate("socket.io.engine.close()")
    say(ada, "while you were away")
    expect(bob.locator("#state")).to_have_text("connected as bob, nothing missed", timeout=10_000)
    expect(bob.locator("#room-messages li")).to_have_text(["ada: first", "ada: while you were away"])
    say(bob, "and in the room again")
    expect(ada.locator("#room-messages li").last).to_have_text("bob: and in the room again")


def test_a_restart_is_survived(chat, start, windows, tmp_path):
    ada = chat.enter(windows, "ada")
    join(ada)
    chat.server.stop()
    expect(ada.locator("#state")).not_to_have_text(re.compile("^connected as"))
    start("--config", chat.configuration, state=chat.server.state, port=chat.server.port)
    expect(ada.locator("#state")).to_have_text(re.compile("^connected as ada"), timeout=30_000)
    say(ada, "here again")
    expect(ada.locator("#room-messages li").last).to_have_text("ada: here again", timeout=10_000)
