const io = new Server(http, { path: "/socket.io/" });
http.listen(19001);
