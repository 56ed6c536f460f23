"""A stand-in for an AI service: answers POST /chat word by word as server-sent events.

Sockeye posts {"user": …, "data": what the page asked, "stream": …}. Run: python3 service.py [PORT] [SECONDS_BETWEEN_WORDS]
"""
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pause = 0.2

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        question = request["data"]["question"]
        for word in f"{request['user']} asks: {question} The answer is hold.".split():
            self.event({"choices": [{"delta": {"content": word + " "}}]})
            time.sleep(self.pause)
        self.chunk("data: [DONE]\n\n")
        self.chunk("")

    def event(self, data):
        self.chunk(f"data: {json.dumps(data)}\n\n")

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9001
    Service.pause = float(sys.argv[2]) if len(sys.argv) > 2 else Service.pause
    ThreadingHTTPServer(("127.0.0.1", port), Service).serve_forever()
