#!/usr/bin/env python3
"""refusing-proxy.py PORT-FILE LOG: a proxy that refuses every request and writes each to LOG. Its port goes to PORT-FILE."""
import http.server
import sys


class Refuse(http.server.BaseHTTPRequestHandler):
    def refuse(self):
        with open(sys.argv[2], "a", encoding="utf-8") as log:
            log.write(self.requestline + "\n")
        self.send_error(403, "refused by the test")

    do_GET = do_HEAD = do_POST = do_CONNECT = refuse

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(f"{server.server_port}\n")
server.serve_forever()
