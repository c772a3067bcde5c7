"""Which pair of tasks a notebook or a run gets, and what it is told about it."""

import pytest

from tlkit.files import fetch, pairs


@pytest.fixture(params=[True, False], ids=["real-on-disk", "nothing-on-disk"])
def on_disk(request, monkeypatch, tmp_path):
    monkeypatch.setattr(fetch, "find", lambda name: tmp_path if request.param else None)
    return request.param


def test_the_real_pair_is_taken_where_it_is_on_disk_and_the_reason_is_given(on_disk):
    pair = pairs.choose()
    assert (pair.name, pair.task, pair.backbone) == (
        ("real", "cifar10", "imagenet")
        if on_disk
        else ("embedded", "digits", "letters")
    )
    assert (
        pair.why == "because its files are here"
        or "ImageNet's VGG16 and CIFAR-10 are not" in pair.why
    )


def test_the_embedded_pair_can_be_had_anywhere(on_disk):
    assert (pairs.choose(real=False).name, pairs.choose(real=False).why) == (
        "embedded",
        "as you asked",
    )


def test_asking_for_the_real_pair_gets_it_or_the_way_to_it(on_disk):
    if on_disk:
        assert pairs.choose(real=True).name == "real"
    else:
        with pytest.raises(
            fetch.FetchError,
            match="59 MB.*170 MB.* are not on this machine. Next: `python -m tlkit run",
        ):
            pairs.choose(real=True)


def test_the_banner_says_which_pair_what_is_different_and_how_to_get_the_other(
    monkeypatch,
):
    monkeypatch.setattr(fetch, "find", lambda name: None)
    said = pairs.choose()._repr_markdown_()
    assert "**You are on the embedded pair:** letters → digits" in said
    assert (
        "not how well it works on photographs" in said
        and "`make run-real`" in said
        and "229 MB" in said
    )
    assert (
        "You are on the real pair:** ImageNet → cifar10" in pairs.REAL._repr_markdown_()
    )
