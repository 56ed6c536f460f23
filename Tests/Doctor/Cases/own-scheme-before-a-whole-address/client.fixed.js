const base = "app.example";
const socket = new WebSocket("ws://" + base + "/ws");
