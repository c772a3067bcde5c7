"""DINOv2 of KerasHub: KerasHub's own tokens from its file, with cuts between
the transformer's layers.

KerasHub is an extra; without it, only the error is tested.
"""

import importlib.util
import sys

import numpy as np
import pytest

from tlkit.backbone import Backbone, WeightsError, above_cut, at_cut, network_of
from tlkit.networks import ARCHITECTURES
from tlkit.networks.hub import HUB

needs_hub = pytest.mark.skipif(
    importlib.util.find_spec("keras_hub") is None,
    reason='KerasHub is not installed: pip install "tlkit[hub]"',
)
# other people's code
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_without_keras_hub_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    monkeypatch.delitem(sys.modules, "keras_hub.models", raising=False)
    with pytest.raises(WeightsError, match=r'needs KerasHub.*install "tlkit\[hub\]"'):
        Backbone(None, size=56, architecture="DINOv2Small").build((56, 56, 3))


@needs_hub
def test_its_features_are_the_class_token_of_keras_hub(tmp_path):
    network = ARCHITECTURES["dinov2_small"]
    theirs = network.make(56)
    rng = np.random.default_rng(0)
    for variable in theirs.weights:  # zeros would hide what is not loaded
        variable.assign(variable + rng.normal(0, 0.02, variable.shape))
    theirs.save_weights(tmp_path / "model.weights.h5")
    images = rng.integers(0, 256, (2, 56, 56, 3), "uint8")
    mean, deviation = np.float32([0.485, 0.456, 0.406]), [0.229, 0.224, 0.225]
    expected = theirs({"images": (images / 255 - mean) / np.float32(deviation)})
    given = dict(size=56, architecture="dinov2_small")
    model = Backbone(tmp_path / "model.weights.h5", **given).build((56, 56, 3))
    found = np.asarray(model(images.astype("float32")))
    assert found.shape == (2, 384) and network_of(model) is network
    np.testing.assert_allclose(found, np.asarray(expected)[:, 0], atol=1e-4)
    for cut in network.cuts[:-1]:
        tokens = at_cut(model, cut)(images.astype("float32"))
        np.testing.assert_allclose(above_cut(model, cut)(tokens), found, atol=1e-4)
    with pytest.raises(WeightsError, match="no weights of dinov2_base"):
        wrong = dict(given, architecture="dinov2_base")
        Backbone(tmp_path / "model.weights.h5", **wrong).build((56, 56, 3))


@needs_hub
@pytest.mark.parametrize("network", [one for one in HUB if "small" in one.name])
def test_it_has_as_many_parameters_as_keras_hub_tells(network):
    from keras_hub.models import DINOV2Backbone

    told = DINOV2Backbone.presets[network.name]["metadata"]["params"]
    assert network.make(518).count_params() == told
