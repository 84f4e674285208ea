"""A forward on loopback that adds an API key: for clients that cannot send a header of their own.

    with_key.py TARGET KEY     prints the address that it listens on, then serves until it is killed
"""

import http.client
import http.server
import sys
import urllib.parse

TARGET = urllib.parse.urlsplit(sys.argv[1])
KEY = sys.argv[2]
HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-authorization"}


class Forward(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        headers["Authorization"] = f"Bearer {KEY}"
        connection = http.client.HTTPConnection(TARGET.hostname, TARGET.port, timeout=60)
        # The client's own Host goes through: the server's check of it is part of what is tried.
        connection.request(self.command, self.path, body=body, headers=headers)
        answer = connection.getresponse()
        payload = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
        connection.close()

    do_GET = do_POST = do_DELETE = do_OPTIONS = do_PUT = do_HEAD = forward

    def log_message(self, *_: object) -> None:
        pass


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the trial."""


server = Quiet(("127.0.0.1", 0), Forward)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
