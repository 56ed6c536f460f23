const io = new Server(http, { path: "/socket.io/", cors: { origin: process.env.FRONTEND_URL } });
http.listen(process.env.PORT);
