"use strict";

const at = (id) => document.getElementById(id);

// No host: the page dials where it came from, through the same proxy, whatever its name and scheme are.
const socket = io("/im", { autoConnect: false, auth: (give) => give({ token: at("token").value.trim() }) });
const online = new Map();
let room = null;

function state(kind, text) {
  at("state").dataset.state = kind;
  at("state").textContent = text;
}

// The server's own words, with the code to look up: never "something went wrong".
function reason(code, message, remedy) {
  at("reason").textContent = message ? `${message}${remedy ? ` – ${remedy}` : ""} (${code})` : "";
}

function line(list, from, text) {
  const item = document.createElement("li");
  const name = document.createElement("b");
  name.textContent = `${from}: `;
  item.append(name, text);
  at(list).append(item);
}

function showOnline() {
  at("online").replaceChildren(...[...online.keys()].sort().map((user) => {
    const item = document.createElement("li");
    item.textContent = user;
    return item;
  }));
}

socket.on("connect", () => state("trying", "connected, not yet greeted"));

// The server's greeting: who this is, and whether what was missed is on its way.
socket.on("connected", ({ user, recovered }) => {
  state("on", `connected as ${user}${recovered ? ", nothing missed" : ""}`);
  reason();
  at("chat").hidden = false;
  if (room && !recovered) socket.emit("join", room);
});

socket.on("disconnect", (why) => {
  state(socket.active ? "trying" : "off", `disconnected: ${why}`);
});

// Refused: by the server, which gives a code, or because nothing answers.
socket.on("connect_error", (error) => {
  state(socket.active ? "trying" : "off", "not connected");
  reason(error.data?.code ?? "NO-ANSWER", error.message, error.data?.remedy);
});

// What the server refuses later, the end of the token included.
socket.on("error", ({ code, message, remedy }) => reason(code, message, remedy));

socket.on("presence", ({ users, joined, left }) => {
  if (users) {
    online.clear();
    for (const { user } of users) online.set(user, true);
  }
  if (joined) online.set(joined.user, true);
  if (left) online.delete(left.user);
  showOnline();
});

socket.on("room message", (from, room, text) => line("room-messages", from.user, text));
socket.on("direct message", (from, text) => line("direct-messages", from.user, text));

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  reason();
  state("trying", "connecting");
  socket.disconnect().connect();
});

at("join").addEventListener("submit", (event) => {
  event.preventDefault();
  if (room) socket.emit("leave", room);
  room = at("room").value;
  socket.emit("join", room, (answer) => {
    at("join").dataset.joined = answer.ok ? room : "";
    if (!answer.ok) reason(answer.code, answer.message, answer.remedy);
  });
});

at("say").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.emit("room message", room, at("room-text").value);
  at("room-text").value = "";
});

at("tell").addEventListener("submit", (event) => {
  event.preventDefault();
  const [to, text] = [at("to").value, at("direct-text").value];
  socket.timeout(5000).emit("direct message", to, text, (late, answer) => {
    if (late) reason("NO-ANSWER", "the message may not have been delivered");
    else if (!answer.ok) reason(answer.code, answer.message, answer.remedy);
    else line("direct-messages", `to ${to}`, text);
  });
  at("direct-text").value = "";
});
