"use strict";
// The built-in page: one WebSocket to the server that served it, in Sockeye's JSON protocol. No framework, no inline code.

const $ = (id) => document.getElementById(id);

// RFC 6455 §7.4.1, the IANA registry, and the ranges applications use.
const closeWords = {
  1000: "normal closure: one side was done",
  1001: "going away: the server shuts down or restarts, or the page was left; the page comes back in a moment",
  1002: "protocol error: the other side broke RFC 6455",
  1003: "unsupported data: this kind of message is not accepted",
  1005: "closed without a code",
  1006: "abnormal closure: the connection vanished without a close frame. The network, a proxy or the server dropped it; "
    + "before the connection was ever open it means the handshake was refused",
  1007: "invalid data: text that is not UTF-8",
  1008: "policy violation: the server does not allow what was done",
  1009: "message too big for the server's limit",
  1010: "an extension the client needs was not offered",
  1011: "internal error on the server",
  1012: "the server restarts: come back in a moment",
  1013: "try again later: the server is overloaded",
  1014: "bad gateway: a proxy got no valid answer from the server",
  1015: "TLS handshake failed",
  3002: "messages came faster than this page reads them",
  3004: "no sign of life came in time, so the path was taken for dead",
  3501: "no token came in time",
  3502: "the token was refused, for the reason in the error before",
  3503: "the token ended while connected: a new one is needed",
};

function explainClose(code, reason) {
  const range = code >= 4000 ? "a code of the application" : code >= 3000 ? "a code of the framework" : "a code without a name";
  return `${code}: ${closeWords[code] || range}${reason ? `. Reason given: “${reason}”` : ""}`;
}

// The server's contract by range: after these codes nobody should come back by itself.
const isFinal = (code) => [1002, 1003, 1007, 1008, 1009, 1010].includes(code)
  || (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);

const pingEvery = 5000;
const delays = { first: 1000, longest: 30000 };
const logLength = 500;

let page = { endpoints: ["/ws"], token: null, version: "" };
let token = null;
let socket = null;
let authenticated = false;
let wanted = true;          // whether the person wants a connection
let delay = delays.first;
let retry = 0, beat = 0;    // timers
let pingSent = 0;
let everOpened = false;
const topics = new Set(["hello"]);

// ---- what is seen ----

function log(kind, what, text) {
  const list = $("log");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const item = document.createElement("li");
  const now = new Date();
  const time = document.createElement("time");
  time.dateTime = now.toISOString();
  time.textContent = now.toLocaleTimeString([], { hour12: false }) + "." + String(now.getMilliseconds()).padStart(3, "0");
  const label = document.createElement("span");
  label.className = "what";
  label.textContent = what;
  const body = document.createElement("span");
  body.className = "text";
  body.textContent = text;
  item.className = kind;
  item.append(time, label, body);
  list.append(item);
  while (list.childElementCount > logLength) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function show(state, text) {
  $("state").dataset.state = state;
  $("state-text").textContent = text;
  $("publish").disabled = $("subscribe").disabled = !authenticated;
  $("toggle").textContent = wanted ? "Disconnect" : "Connect";
}

function showTopics() {
  $("topics").replaceChildren(...[...topics].map((topic) => {
    const item = document.createElement("li");
    item.append(topic);
    const leave = document.createElement("button");
    leave.type = "button";
    leave.textContent = "×";
    leave.setAttribute("aria-label", `Unsubscribe from ${topic}`);
    leave.addEventListener("click", () => {
      topics.delete(topic);
      if (authenticated) send({ type: "unsubscribe", topic });
      showTopics();
      $("subscribe-topic").focus();
    });
    item.append(leave);
    return item;
  }));
}

function askForToken(why) {
  wanted = false;
  clearTimeout(retry);
  if (why) $("token-why").textContent = why;
  $("token-section").hidden = false;
  show("closed", "Waiting for a token");
  $("token").focus();
}

// ---- the connection ----

function address() {
  const url = new URL(page.endpoints[0] || "/ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function send(message) {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  if (!socket || socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  if ($("frames").checked) log("frame", "sent", message.type === "auth" ? '{"type":"auth","token":"…"}' : text);
}

function ping() {
  if (pingSent || !socket || socket.readyState !== WebSocket.OPEN) return;
  pingSent = performance.now();
  send({ type: "ping" });
}

function connect() {
  clearTimeout(retry);
  const url = address();
  $("endpoint").textContent = url;
  everOpened = authenticated = false;
  show("connecting", "Connecting");
  const begun = performance.now();
  socket = new WebSocket(url);
  socket.addEventListener("open", () => {
    everOpened = true;
    log("good", "open", `Handshake done in ${(performance.now() - begun).toFixed(1)} ms`);
    show("connecting", "Authenticating");
    // The token goes in the first message: a query string would end up in the access logs on the way.
    send({ type: "auth", token });
    pingSent = 0;
    beat = setInterval(ping, pingEvery);
  });
  socket.addEventListener("message", (event) => receive(event.data));
  socket.addEventListener("close", closed);
}

function closed(event) {
  clearInterval(beat);
  authenticated = false;
  socket = null;
  $("ping").textContent = "–";
  log("bad", "closed", explainClose(event.code, event.reason));
  if (!everOpened) explainRefusal();
  if (!wanted) return show("closed", `Closed (${event.code})`);
  if (isFinal(event.code) && token !== page.token) {
    token = null;
    return askForToken(`The connection was closed: ${explainClose(event.code, event.reason)}.`);
  }
  const wait = delay * (0.5 + Math.random() / 2);
  delay = Math.min(delay * 2, delays.longest);
  show("closed", `Closed (${event.code}), again in ${(wait / 1000).toFixed(1)} s`);
  retry = setTimeout(begin, wait);
}

// A browser hides why a handshake was refused; the same address asked as plain HTTP may tell.
async function explainRefusal() {
  const why = await fetch(address().replace(/^ws/, "http"), { cache: "no-store" }).then(async (answer) => {
    const text = await answer.text();
    let said;
    try { said = JSON.parse(text); } catch { return `The address answers plain HTTP with ${answer.status}, and not in Sockeye's words: ${text.slice(0, 300)}`; }
    return said.code === "HANDSHAKE-NO-UPGRADE"
      ? "Plain HTTP reaches the server, so a hop in between drops the handshake, or the server refused it: its log and /api/refusals say why."
      : `${said.code}: ${said.message}: ${said.remedy}`;
  }, () => "The server does not answer plain HTTP either: it is down, or something in between is.");
  log("bad", "refused", why);
}

function receive(data) {
  if (typeof data !== "string") return log("message", "binary", `${data.size} bytes`);
  if ($("frames").checked) log("frame", "received", data);
  let message;
  try { message = JSON.parse(data); } catch { message = null; }
  if (data === "pong" || message?.type === "pong") {
    if (pingSent) $("ping").textContent = `${(performance.now() - pingSent).toFixed(1)} ms`;
    pingSent = 0;
    return;
  }
  switch (message?.type) {
    case "authenticated":
      authenticated = true;
      delay = delays.first;
      $("user").textContent = message.user ?? "–";
      show("open", "Connected");
      log("good", "welcome", `Authenticated${message.user ? ` as ${message.user}` : ""}`);
      for (const topic of topics) send({ type: "subscribe", topic });
      ping();
      break;
    case "subscribed":
      topics.add(message.topic);
      showTopics();
      log("good", "subscribed", `${message.topic}, ${message.offset} messages so far`);
      break;
    case "unsubscribed":
      log("event", "unsubscribed", message.topic);
      break;
    case "published":
      log("event", "published", `${message.topic}, message ${message.offset}`);
      break;
    case "message":
      log("message", message.topic, typeof message.data === "string" ? message.data : JSON.stringify(message.data));
      break;
    case "error":
      log("bad", message.code || "error", [message.message, message.remedy].filter(Boolean).join(": "));
      if (!authenticated && /^TOKEN-/.test(message.code || "")) {
        token = null;
        askForToken(`The server refused the token: ${message.message || message.code}`);
      }
      break;
    default:
      if (!$("frames").checked) log("event", message?.type || "text", data);
  }
}

// ---- what the person does ----

$("publish-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("message").value;
  let data = text;
  if (/^\s*[[{"]/.test(text)) try { data = JSON.parse(text); } catch { /* then it is text */ }
  send({ type: "publish", topic: $("publish-topic").value, data });
  $("message").value = "";
  $("message").focus();
});

$("subscribe-form").addEventListener("submit", (event) => {
  event.preventDefault();
  send({ type: "subscribe", topic: $("subscribe-topic").value });
  $("subscribe-topic").value = "";
});

$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  $("token").value = "";
  $("token-section").hidden = true;
  wanted = true;
  socket ? socket.close(1000) : connect();
});

$("toggle").addEventListener("click", () => {
  wanted = !wanted;
  delay = delays.first;
  if (wanted) return begin();
  clearTimeout(retry);
  socket ? socket.close(1000, "the page was asked to disconnect") : show("closed", "Disconnected");
});

$("clear").addEventListener("click", () => $("log").replaceChildren());

// ---- start ----

async function load() {
  const answer = await fetch("/page.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`/page.json answers ${answer.status}`);
  page = { ...page, ...await answer.json() };
  $("version").textContent = page.version || "";
}

// A token of the page is short-lived, so every attempt asks for a fresh one; a pasted one is kept.
async function begin() {
  clearTimeout(retry);
  const pasted = token && token !== page.token ? token : null;
  try {
    await load();
  } catch (problem) {
    log("bad", "page", `${problem.message}. Trying the connection all the same.`);
  }
  if (!wanted) return;
  token = pasted || page.token;
  token ? connect() : askForToken();
}

showTopics();
begin();
