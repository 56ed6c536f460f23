// One account's windows, kept alike. The URL comes from the page's own, so that no port and no scheme is ever wrong.
const token = new URLSearchParams(location.search).get("token") ?? "";
const url = new URL("ws", location.href);
url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
url.search = new URLSearchParams({ token });

const text = document.getElementById("text");
const state = document.getElementById("state");
let socket, topic, seen, delay = 1000, pings;

function connect() {
  socket = new WebSocket(url);
  socket.onopen = () => {
    pings = setInterval(() => socket.send("ping"), 20000);
  };
  socket.onmessage = ({ data }) => {
    if (data === "pong") return;
    const message = JSON.parse(data);
    if (message.type === "subscribed") {
      delay = 1000;
      topic = message.topic;
      // Subscribing again with what was seen last brings what was missed, or says why it cannot.
      if (seen && message.recovered === undefined) {
        socket.send(JSON.stringify({ type: "subscribe", topic, since: seen }));
      } else {
        seen = { epoch: message.epoch, offset: message.recovered ? seen.offset : message.offset };
      }
      state.textContent = `connected as ${topic.slice("user:".length)}`;
    } else if (message.type === "message") {
      // A volatile message has no offset.
      seen.offset = Math.max(seen.offset, message.offset ?? 0);
      if (text.value !== message.data.text) text.value = message.data.text;
    }
  };
  socket.onclose = ({ code, reason }) => {
    clearInterval(pings);
    // 3500 to 3999 say that coming back alone does not help: a new token is needed.
    if (code >= 3500 && code < 4000) return void (state.textContent = `${code} ${reason}`);
    state.textContent = `gone (${code}), back in ${delay / 1000} s`;
    setTimeout(connect, delay);
    delay = Math.min(delay * 2, 30000);
  };
}

text.oninput = () => {
  if (topic && socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ type: "publish", topic, data: { text: text.value } }));
  }
};
connect();
