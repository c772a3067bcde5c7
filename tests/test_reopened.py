"""A page that was closed while a cell ran is told what became of the cell."""

import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tlkit.commands import copies

STARTUP = copies.ROOT / "tlkit" / "assets" / "lab" / "startup.py"
LONG = "from tlkit.machine import reopened; reopened.LONG = 0; kept = 7"


@pytest.fixture
def page(monkeypatch, tmp_path):
    """A function that opens a page on one kernel: code -> what the cell prints."""
    monkeypatch.setenv("PYTHONSTARTUP", str(STARTUP))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    manager, first = start_new_kernel(kernel_name="python3")
    opened = [first]

    def open_page():
        client = BlockingKernelClient(connection_file=manager.connection_file)
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        opened.append(client)

        def run(code):
            said = []

            def hear(message):
                if message["msg_type"] == "stream":
                    said.append(message["content"]["text"])

            client.execute_interactive(code, output_hook=hear, timeout=60)
            return "".join(said)

        return run

    yield open_page
    for client in opened:
        client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_page_that_is_opened_again_reads_once_what_the_last_long_cell_did(page):
    before = page()
    assert before(LONG) == before("pass  # another") == ""
    again = page()
    said = again("print(kept)")
    sentence, value = said.splitlines()
    assert (
        "the cell «pass  # another …» went: it ended at " in sentence and value == "7"
    )
    assert again("print(kept)") == "7\n", "in the same page nothing is repeated"


def test_a_cell_that_stopped_is_told_as_one(page):
    before = page()
    before(LONG)
    before("1 / 0")
    said = page()("pass")
    assert "stopped with ZeroDivisionError" in said and "What it made" not in said


def test_of_a_short_cell_nothing_is_said(page):
    before = page()
    assert before("kept = 7") == ""
    assert page()("print(kept)") == "7\n"
