"""One known file from any of several servers: resumed where it stopped, hashed on the way, refused if it is another.

A server is not trusted: size and hash decide. What arrived is kept in a ``Part``, so that nothing is sent twice.
"""

import errno
import hashlib
import io
import os
import random
import re
import time
from contextlib import ExitStack, suppress

from ..machine.bar import bar

CONNECT, STALL, PATIENCE = (
    10,
    30,
    120,
)  # seconds: to an answer, without a byte, that a server may ask us to wait
RETRIES = 3  # more attempts after one that brought nothing; those that bring something do not count
PAUSE = 1.0  # seconds or a little less before the first of them; doubled each time
WORDS = {  # for what requests and urllib3 say
    "CERTIFICATE_VERIFY": "its certificate is not valid: is this machine's date right? (TLKIT_MIRRORS names others)",
    "Failed to resolve": "its name cannot be found: is this machine online?",
    "refused": "it refuses the connection",
    "connect timeout": "no answer",
    "Read timed out": "not a byte for too long",
    "IncompleteRead": "the connection was cut",
    "reset by peer": "the connection was cut",
}


class Refused(OSError):
    """What a server or a bundle offers is not the file."""


class Part(io.FileIO):
    """The unfinished file: appended to, hashed on the way, and kept after a failure, to go on from there.

    Args:
        path: where it lies; what is there already is hashed first.
        length: bytes of the whole file.
        known: its hashes, such as ["md5:…", "sha256:…"].
        title: what the progress bar says.
    """

    def __init__(self, path, length: int, known: list[str], title: str):
        super().__init__(path, "a+")
        self.length, self.known, self.skip = length, known, 0
        self.bar = bar(length, title, "B")
        self.start(keep=self.size <= length)

    def start(self, keep: bool = False) -> None:
        """Start again from nothing, or from what is there."""
        if not keep:
            self.truncate(0)
        self.hashes = {name: hashlib.new(name) for name in ("md5", "sha256")}
        self.bar.reset()
        self.seek(0)
        while chunk := self.read(2**20):
            self._count(chunk)

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return os.fstat(self.fileno()).st_size

    def write(self, chunk) -> int:
        """Append all of it, less what is here already. Raises Refused for more bytes than there should be."""
        fresh, self.skip = chunk[self.skip :], max(0, self.skip - len(chunk))
        if self.size + len(fresh) > self.length:
            raise Refused(f"sends more than {self.length:,} bytes")
        if super().write(fresh) < len(fresh):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._count(fresh)
        return len(chunk)

    def _count(self, chunk):
        for digest in self.hashes.values():
            digest.update(chunk)
        self.bar.update(len(chunk))

    def right(self) -> bool:
        """Whether the whole file is here; raises Refused and starts again if it is another one."""
        if self.size < self.length:
            return False
        for known in self.known:
            name = known.partition(":")[0]
            if (found := f"{name}:{self.hashes[name].hexdigest()}") != known:
                self.start()
                raise Refused(
                    f"sends another file: its hash is {found}, expected {known}"
                )
        return True

    def check(self, response, **_) -> None:
        """Refuse what cannot be the file before a byte of it is written: a login page, another version."""
        if response.status_code not in (200, 206):
            return  # requests follows redirects, pooch raises the rest
        response.raw.headers.pop(
            "content-encoding", None
        )  # some servers say gzip of every .gz: leave it packed
        start, size = 0, response.headers.get("content-length", "*")
        if response.status_code == 206:
            ranges = re.findall(
                r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", "")
            )
            start, size = ranges[0] if ranges else (0, "unknown")
        self.skip = self.size - int(start)  # a server that cannot resume starts from 0
        if "text/html" in response.headers.get("content-type", ""):
            raise Refused("answers with a web page: does this network want a login?")
        if self.skip < 0 or size not in ("*", str(self.length)):
            raise Refused(
                f"offers {size} bytes from {start} on, expected {self.length} from {self.size} on"
            )

    def __exit__(self, *error):
        self.bar.close()
        empty = not self.size
        super().__exit__(*error)
        if empty:
            os.unlink(self.name)


def fill(part: Part, urls: list[str]) -> None:
    """Complete the part from the first server that can. Raises Refused with what each of them said."""
    from requests import RequestException

    said = []
    for url in urls:
        try:
            return _fill_from(part, url)
        except (RequestException, Refused) as error:
            said.append(f"{url}: {_words(error)}")
    kept = (
        f" ({part.size / 1e6:.1f} MB are here; the next attempt goes on from there)"
        if part.size
        else ""
    )
    raise Refused("; ".join(said) + kept)


def _words(error):
    plain = str(error).partition(" for url:")[0]
    return next((words for mark, words in WORDS.items() if mark in plain), plain)


def _fill_from(part, url):
    """From one server, however often the connection is cut, as long as every few attempts bring something."""
    from pooch import HTTPDownloader
    from requests import ConnectionError, RequestException

    failures, began, alone = 0, part.size, not part.size
    while True:
        before, headers = (
            part.size,
            {"Accept-Encoding": "identity", "Range": f"bytes={part.size}-"},
        )
        options = {"timeout": (CONNECT, STALL), "headers": headers}
        try:
            if part.right():
                return
            with ExitStack() as answers:  # closed in any case
                hooks = {
                    "response": [
                        lambda answer, answers=answers, **_: answers.enter_context(
                            answer
                        ),
                        part.check,
                    ]
                }
                HTTPDownloader(chunk_size=2**14, hooks=hooks, **options)(
                    url, part, None
                )
            if part.size < part.length:
                raise ConnectionError("IncompleteRead")
        except RequestException as error:
            failures = 0 if part.size > before else failures + 1
            seconds = _pause(
                error,
                failures,
                offline=part.size == began and "Failed to resolve" in str(error),
            )
            part.bar.write(
                f"{_words(error)}; going on at {part.size / 1e6:.1f} MB in {seconds:.0f} s"
            )
            time.sleep(seconds)
        except Refused:
            if alone or part.size:
                raise
            alone = True  # it was put together from several servers: once more, from this one only


def _pause(error, failures, offline):
    """Seconds until the next attempt; raises the error if there should be none."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    status, wait = (
        503,
        PAUSE * random.uniform(0.5, 1) * 2**failures,
    )  # thirty learners must not come back at once
    if error.response is not None:
        status = error.response.status_code
        with suppress(InvalidHeader):
            wait = max(wait, Retry().get_retry_after(error.response.raw) or 0)
    hopeless = (
        400 <= status < 500 and status not in (408, 429)
    ) or "CERTIFICATE_VERIFY" in str(error)
    if wait > PATIENCE:
        raise Refused(f"asks to wait for {wait:.0f} s")
    if offline or hopeless or failures > RETRIES:
        raise error
    return wait
