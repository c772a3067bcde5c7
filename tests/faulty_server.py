"""A web server on loopback that misbehaves as it is told, and counts what it sends."""

import socket
import ssl
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PIECE = 2**13


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer; nothing, by default.

    Attributes:
        status: answer with this status and a short page.
        headers: added to the answer; one that is None is left out.
        content: send this instead of the file.
        cut: close the connection before this byte of the file.
        reset: close it as a crash does (RST), not as a server that has finished.
        stall: send nothing from this byte on, and keep the connection open.
        pause: seconds before each piece of 8 KiB.
        ranges: whether Range is understood.
        shift: begin this many bytes early, and say so.
    """

    status: int = 200
    headers: dict = field(default_factory=dict)
    content: bytes | None = None
    cut: int | None = None
    reset: bool = False
    stall: int | None = None
    pause: float = 0
    ranges: bool = True
    shift: int = 0


class Handler(BaseHTTPRequestHandler):
    """Answers with the file that is asked for, and with the next fault."""

    def do_GET(self):
        server = self.server
        with server.guard:
            fault = server.faults.pop(0) if server.faults else server.always
            server.requests.append((self.path, self.headers.get("Range")))
        if fault.status != 200:
            self.answer(fault.status, {"Content-Length": "4"} | fault.headers)
            self.wfile.write(b"page")
            return
        path = server.folder / self.path.rpartition("/")[2]
        if not path.is_file():
            self.answer(404, {"Content-Length": "0"})
            return
        content = path.read_bytes() if fault.content is None else fault.content
        self.send_file(fault, content)

    def send_file(self, fault, content):
        """The content, from the byte that Range asks for, spoilt by the fault."""
        start, status, headers = 0, 200, {}
        asked = self.headers.get("Range")
        if fault.ranges and asked:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.answer(416, {"Content-Length": "0"})
                return
            start = max(0, start - fault.shift)
            status = 206
            last = len(content) - 1
            headers = {"Content-Range": f"bytes {start}-{last}/{len(content)}"}
        headers["Content-Length"] = str(len(content) - start)
        self.answer(status, headers | fault.headers)
        ends = (fault.cut, fault.stall, len(content))
        end = min(n for n in ends if n is not None)
        while start < end:
            time.sleep(fault.pause)
            piece = content[start : min(start + PIECE, end)]
            self.wfile.write(piece)
            with self.server.guard:
                self.server.sent += len(piece)
            start += len(piece)
        if fault.stall is not None:
            self.server.over.wait()
        if fault.reset:
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()

    def answer(self, status, headers):
        """Send status and headers; a header that is None is left out."""
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def setup(self):
        # A small buffer, so that "sent" is soon "received".
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**17)
        super().setup()

    def log_message(self, *args):
        pass


class FaultyServer(ThreadingHTTPServer):
    """Serves the files of a folder under any path; use it in a with statement.

    Attributes:
        folder: what is served.
        faults: one for each request to come; after them, `always`.
        requests: (path, Range) of each request so far.
        sent: bytes of files sent so far.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, context: ssl.SSLContext | None = None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.faults: list[Fault] = []
        self.always = Fault()
        self.requests: list[tuple[str, str | None]] = []
        self.sent = 0
        self.guard = threading.Lock()
        self.over = threading.Event()
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://localhost:{self.server_address[1]}"

    def __enter__(self):
        self.thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), daemon=True
        )
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.shutdown()
        self.thread.join()
        self.server_close()

    def handle_error(self, request, address):
        """Clients that were killed are part of the game."""


CONFIG = """
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = localhost
[any]
commonName = supplied
[localhost]
subjectAltName = DNS:localhost,IP:127.0.0.1
basicConstraints = critical,CA:TRUE
[req]
distinguished_name = none
[none]
"""


def certificate(folder: Path, start: str, end: str) -> Path:
    """A file with a certificate for localhost and its key.

    Valid from start to end, each written as 20200101000000Z.
    """
    folder.mkdir()
    (folder / "own.cnf").write_text(CONFIG)
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01")
    request = (
        "openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out request.pem "
        "-subj /CN=localhost -config own.cnf"
    )
    sign = (
        "openssl ca -batch -selfsign -config own.cnf -in request.pem -keyfile key.pem "
        f"-out cert.pem -notext -startdate {start} -enddate {end}"
    )
    for command in (request, sign):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    parts = [(folder / name).read_text() for name in ("cert.pem", "key.pem")]
    both.write_text("".join(parts))
    return both
