const socket = io("http://chat.example", { path: "/socket.io/" });
