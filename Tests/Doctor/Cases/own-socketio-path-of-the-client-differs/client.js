const socket = io("http://app.example", { path: "/realtime/" });
