import hashlib

import numpy as np
import pytest

from edgeface.compile.open_source import open_source
from edgeface.compile.request import ExportRequest
from edgeface.compile.source import Declared
from edgeface.core.artifact import sha256_hex
from edgeface.errors import ContractError
from edgeface.images.files import read_image
from edgeface.models import family
from edgeface.samples import IMAGES, SAMPLES, sample_of

MAX_BYTES = 6_000_000


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_weights_load_with_their_variant(name):
    sample, found = sample_of(name), family(name)
    assert sample.family == name
    found.load(sample.weights, found.variants()[sample.variant])


def test_the_default_model_has_sample_weights():
    assert ExportRequest().model in SAMPLES


def test_the_weights_together_stay_small():
    assert sum(sample.weights.stat().st_size for sample in SAMPLES.values()) <= MAX_BYTES


def test_a_family_without_samples_has_none():
    assert sample_of("retinanet") is None


def test_the_photographs_match_the_documented_sources():
    hashes = {shown.file_name: hashlib.sha256(shown.path.read_bytes()).hexdigest()[:16] for shown in IMAGES}
    assert hashes == {"astronaut.jpg": "370adb9cb9dd03ca", "grace_hopper.jpg": "a8ca6d734765703b"}
    for shown in IMAGES:
        height, width = read_image(shown.path).shape[:2]
        assert (np.array(shown.landmarks) > (0, 0)).all()
        assert (np.array(shown.landmarks) < (width, height)).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_without_weights_the_samples_are_exported(name):
    found = open_source(Declared(name), [])
    sample = sample_of(name)
    assert found.contract.variant == sample.variant
    assert found.provenance["weights"] == {
        "file": sample.weights.name,
        "sha256": sha256_hex(sample.weights.read_bytes()),
        "sample": True,
    }


@pytest.mark.parametrize("declared", [{"variant": "1mb"}, {"color": "rgb"}])
def test_options_that_contradict_the_samples_are_refused(declared):
    with pytest.raises(ContractError, match="sample weights") as caught:
        open_source(Declared("retinaface_mnet025", **declared), [])
    assert "--weights" in str(caught.value.fix)


def test_a_seed_still_makes_a_random_network():
    assert open_source(Declared("retinaface_mnet025", input_size=(64, 64), seed=1), []).provenance["seed"] == 1
