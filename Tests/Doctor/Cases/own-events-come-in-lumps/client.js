const source = new EventSource("http://app.example/events");
