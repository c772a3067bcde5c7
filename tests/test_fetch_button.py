"""Nothing is downloaded without a click, and whatever happens then is said in a
sentence.
"""

import pytest
import replicas
from tlkit_course.widgets import fetch_button

from tlkit.files import fetch


@pytest.fixture
def button(vgg16, monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    return fetch_button()


def test_it_offers_what_is_missing_with_its_size_and_waits_for_a_click(button, server):
    assert list(button.buttons) == ["vgg16", "cifar10"] and not server.requests
    size = fetch.FILES["vgg16"].bytes / 1e6
    assert (
        button.buttons["vgg16"].description
        == f"Download ImageNet's VGG16 ({size:.0f} MB)"
    )
    assert "application/vnd.jupyter.widget-view+json" in button._repr_mimebundle_()


def test_a_click_downloads_that_file_and_says_where_it_is(button, server, capsys):
    button.buttons["vgg16"].click()
    path = fetch.find("vgg16")
    assert (
        path
        and f"✓ ImageNet's VGG16 is here, and its hash is right: {path}"
        in capsys.readouterr().out
    )
    assert sum(server.requests.values()) >= 1 and fetch.find("cifar10") is None
    assert "ImageNet" not in repr(fetch_button()) and "CIFAR-10 (" in repr(
        fetch_button()
    )


def test_offline_it_says_what_to_do_and_may_be_clicked_again(
    button, vgg16, monkeypatch, capsys
):
    entry = replicas.entry(fetch.FILES["vgg16"], vgg16, "http://127.0.0.1:9/vgg16.h5")
    monkeypatch.setitem(fetch.FILES, "vgg16", entry)
    button.buttons["vgg16"].click()
    said = capsys.readouterr().out
    assert "✗ " in said and "could not be downloaded" in said and "Next: " in said
    assert not button.buttons["vgg16"].disabled and fetch.find("vgg16") is None


def test_the_twin_is_a_sentence_with_the_command(button, monkeypatch):
    monkeypatch.setenv("TLKIT_STATIC", "1")
    bundle = button._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/markdown"}
    assert bundle["text/plain"].startswith(
        "Not on this machine: ImageNet's VGG16 ("
    ) and "`make run-real`" in repr(button)


def test_with_both_files_there_is_nothing_to_click(monkeypatch, tmp_path):
    monkeypatch.setattr(fetch, "find", lambda name: tmp_path)
    assert not fetch_button().buttons and "nothing to download" in repr(fetch_button())
