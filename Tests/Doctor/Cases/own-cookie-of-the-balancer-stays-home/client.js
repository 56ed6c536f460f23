const socket = io("http://api.app.example");
