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
        **({} if sample.threshold is None else {"threshold": sample.threshold}),
    }


def test_the_recognizer_s_threshold_was_measured_on_these_weights():
    assert sample_of("retinaface_mnet025").threshold is None
    stated = sample_of("mobilefacenet").threshold
    assert stated["weights_sha256"] == {name: sample.sha256 for name, sample in SAMPLES.items()}
    for form in ("float32", "int8"):
        accepted, kept = stated[form]["false_accepts"], stated[form]["true_accepts"]
        assert accepted["pairs"] > 1_000_000
        assert kept["pairs"] == 500
        for share in (accepted, kept):
            low, high = share["interval_95"]
            assert low <= share["rate"] <= high
            assert share["rate"] == pytest.approx(share["count"] / share["pairs"])
    assert stated["float32"]["false_accepts"]["rate"] <= 1e-3


@pytest.mark.parametrize("declared", [{"variant": "1mb"}, {"color": "rgb"}])
def test_options_that_contradict_the_samples_are_refused(declared):
    with pytest.raises(ContractError, match="sample weights") as caught:
        open_source(Declared("retinaface_mnet025", **declared), [])
    assert "--weights" in str(caught.value.fix)


def test_a_seed_still_makes_a_random_network():
    assert open_source(Declared("retinaface_mnet025", input_size=(64, 64), seed=1), []).provenance["seed"] == 1
