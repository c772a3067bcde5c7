"""One known file from any of several servers.

The download goes on where it stopped. The file is hashed as it arrives, and refused if
it is another file. A server is not trusted: size and hash decide. What arrived is kept
in a ``Part``, so that nothing is sent twice.
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
from ..machine.log import log

CONNECT = 10  # seconds until a server answers
STALL = 30  # seconds without a byte
PATIENCE = 120  # seconds that a server may ask us to wait
RETRIES = 3  # attempts after one that brought nothing; one with bytes does not count
PAUSE = 1.0  # seconds or a little less before the first of them; doubled each time
WORDS = {  # part of what requests and urllib3 say -> what we say
    "CERTIFICATE_VERIFY": (
        "its certificate is not valid: is this machine's date right? "
        "(TLKIT_MIRRORS can name other servers)"
    ),
    "Failed to resolve": "its name cannot be found: is this machine online?",
    "refused": "it refuses the connection",
    "connect timeout": "no answer",
    "Read timed out": "no data for too long",
    "IncompleteRead": "the connection was cut",
    "reset by peer": "the connection was cut",
}


class Refused(OSError):
    """What a server or a bundle offers is not the expected file."""


class Part(io.FileIO):
    """The unfinished file: appended to, hashed on the way, and kept after a failure.

    The next call goes on from there.

    Args:
        path: of the file; bytes that are there already are hashed first.
        length: bytes of the whole file.
        known: its hashes, such as ["md5:…", "sha256:…"].
        title: what the progress bar says.

    Attributes:
        hashes: name of an algorithm -> the hash object of all bytes that are here.
        skip: bytes of the current answer that are here already (it starts too early).
    """

    def __init__(self, path, length: int, known: list[str], title: str):
        super().__init__(path, "a+")
        self.length = length
        self.known = known
        self.skip = 0
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
        """Append a chunk, without what is here already; returns its length.

        Raises:
            Refused: more bytes than there should be.
            OSError: the disk is full.
        """
        fresh = chunk[self.skip :]
        self.skip = max(0, self.skip - len(chunk))
        if self.size + len(fresh) > self.length:
            raise Refused(f"sends more than {self.length:,} bytes")
        if super().write(fresh) < len(fresh):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._count(fresh)
        return len(chunk)

    def _count(self, chunk: bytes) -> None:
        """Take new bytes into the hashes and the bar."""
        for digest in self.hashes.values():
            digest.update(chunk)
        self.bar.update(len(chunk))

    def right(self) -> bool:
        """Whether the whole file is here.

        Raises:
            Refused: it is another file; the part is then empty again.
        """
        if self.size < self.length:
            return False
        for known in self.known:
            name = known.partition(":")[0]
            found = f"{name}:{self.hashes[name].hexdigest()}"
            if found != known:
                self.start()
                raise Refused(
                    f"sends another file: its hash is {found}, expected {known}"
                )
        return True

    def check(self, response, **_) -> None:
        """Refuse an answer that cannot be the file, before any of it is written.

        For example a login page, or another version of the file. ``requests`` calls
        this with each answer.
        """
        if response.status_code not in (200, 206):
            return  # requests follows redirects, pooch raises the rest
        # some servers say gzip of every .gz: leave it packed
        response.raw.headers.pop("content-encoding", None)
        start, size = _range(response)
        self.skip = self.size - start  # a server that cannot resume starts from 0
        if "text/html" in response.headers.get("content-type", ""):
            raise Refused("answers with a web page: does this network want a login?")
        if self.skip < 0 or size not in ("*", str(self.length)):
            raise Refused(
                f"offers {size} bytes from {start} on, "
                f"expected {self.length} from {self.size} on"
            )

    def __exit__(self, *error):
        self.bar.close()
        empty = not self.size
        super().__exit__(*error)
        if empty:
            os.unlink(self.name)


def _range(response) -> tuple[int, str]:
    """First byte that an answer brings, and the file's size; "*" if it is not told."""
    if response.status_code != 206:
        return 0, response.headers.get("content-length", "*")
    told = response.headers.get("content-range", "")
    found = re.search(r"bytes (\d+)-\d+/(\d+|\*)", told)
    return (int(found[1]), found[2]) if found else (0, "unknown")


def fill(part: Part, urls: list[str]) -> None:
    """Complete the part from the first server that can.

    Raises:
        Refused: none could; it says what was wrong with each.
    """
    from requests import RequestException

    said = []
    for url in urls:
        try:
            return _fill_from(part, url)
        except (RequestException, Refused) as error:
            said.append(f"{url}: {_words(error)}")
    kept = ""
    if part.size:
        megabytes = part.size / 1e6
        kept = f" ({megabytes:.1f} MB are here; the next attempt goes on from there)"
    raise Refused("; ".join(said) + kept)


def _words(error: Exception) -> str:
    """An error of the network in our words, where we have some."""
    plain = str(error).partition(" for url:")[0]
    for mark, words in WORDS.items():
        if mark in plain:
            return words
    return plain


def _fill_from(part: Part, url: str) -> None:
    """Complete the part from one server, however often the connection is cut.

    If the hash is wrong, the bytes that were here before may be the reason. Then the
    part is empty again, and is filled once more from this server alone.

    Raises:
        Refused: the server offers something else.
        RequestException: it does not answer, or only a few attempts brought nothing.
    """
    mixed = part.size > 0
    try:
        _complete(part, url)
    except Refused:
        if not mixed or part.size:
            raise
        _complete(part, url)


def _complete(part: Part, url: str) -> None:
    """Ask a server again and again for what is missing; raises as ``_fill_from``."""
    from requests import RequestException

    failures = 0  # attempts in a row that brought nothing
    first = part.size
    while not part.right():
        before = part.size
        try:
            _ask(part, url)
        except RequestException as error:
            failures = 0 if part.size > before else failures + 1
            offline = part.size == first and "Failed to resolve" in str(error)
            seconds = _pause(error, failures, offline)
            log.info(
                f"{_words(error)}; next attempt in {seconds:.0f} s, "
                f"from {part.size / 1e6:.1f} MB on"
            )
            time.sleep(seconds)


def _ask(part: Part, url: str) -> None:
    """Ask a server once for all that is missing, and append what it sends.

    Raises:
        RequestException: it does not answer, or the connection was cut.
        Refused: it offers something else.
    """
    import requests
    from pooch import HTTPDownloader

    with ExitStack() as answers:  # closed in any case

        def keep(response, **_):
            answers.enter_context(response)

        get = HTTPDownloader(
            chunk_size=2**14,
            hooks={"response": [keep, part.check]},
            timeout=(CONNECT, STALL),
            headers={"Accept-Encoding": "identity", "Range": f"bytes={part.size}-"},
        )
        get(url, part, None)
    if part.size < part.length:
        raise requests.ConnectionError("IncompleteRead")


def _pause(error, failures: int, offline: bool) -> float:
    """Seconds until the next attempt.

    Args:
        error: the RequestException of the last attempt.
        failures: attempts in a row that brought nothing.
        offline: whether this machine seems to be offline.

    Raises:
        Refused: the server asks to wait for too long.
        RequestException: the error, if another attempt would not help.
    """
    # thirty learners must not come back at once
    wait = PAUSE * random.uniform(0.5, 1) * 2**failures
    hopeless = offline or "CERTIFICATE_VERIFY" in str(error)
    if error.response is not None:
        wait = max(wait, _retry_after(error.response))
        status = error.response.status_code
        # of what a server calls our fault, only these two pass by themselves
        hopeless |= 400 <= status < 500 and status not in (408, 429)
    if wait > PATIENCE:
        raise Refused(f"asks to wait for {wait:.0f} s")
    if hopeless or failures > RETRIES:
        raise error
    return wait


def _retry_after(response) -> float:
    """Seconds that a server asks us to wait; 0 if it does not, or asks for nonsense."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    with suppress(InvalidHeader):
        return Retry().get_retry_after(response.raw) or 0
    return 0
