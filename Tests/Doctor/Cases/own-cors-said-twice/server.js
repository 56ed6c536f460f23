const io = new Server(http, { cors: { origin: "http://www.app.example" } });
http.listen(19001);
