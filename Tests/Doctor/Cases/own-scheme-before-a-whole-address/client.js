const base = "https://app.example";
const socket = new WebSocket("ws://" + base + "/ws");
