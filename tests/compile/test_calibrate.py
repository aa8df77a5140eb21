"""One run over images serves every int8 target: what one export saved, all others read."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from scattering import Scattering
from torch import nn

from edgeface.backends import target
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.part import Part
from edgeface.compile.recipe import Recipe, recipe_for
from edgeface.compile.source import Source
from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.engine.local import HERE
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images
from edgeface.models.torch_run import torch_network
from edgeface.passes import run_passes
from edgeface.quantize.sampling import FEW, IMAGES, Sampling
from edgeface.quantize.settings import QuantizeSettings
from edgeface.validate.reference import Reference

INT8 = ("tflite-int8", "onnx-int8", "tensorrt-int8")
SIZE = 32


def recognizer(steep: bool) -> Source:
    """A small recognizer with PReLUs; with `steep` one of them has slopes above 1 that cannot be lowered."""
    torch.manual_seed(1)
    slopes = nn.PReLU(8)
    slopes.weight.data = torch.linspace(-0.2, 1.6 if steep else 0.9, 8)
    network = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, 2, 1), slopes, nn.AvgPool2d(2) if steep else nn.Identity()),
        *(nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.PReLU(8), nn.Conv2d(8, 12, 1), nn.PReLU(1)),
        *(nn.Flatten(), nn.Linear(12 * (8 if steep else 16) ** 2, 16)),
    ).eval()
    stream = io.BytesIO()
    names = {"input_names": ["input"], "output_names": ["embedding"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (torch.zeros(1, 3, SIZE, SIZE),), stream, dynamo=False, opset_version=18, **names)
    spec = ImageInput(height=SIZE, width=SIZE, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3)
    contract = RecognitionContract(family="mobilefacenet", variant="test", activation="prelu", input=spec, width=16)
    reference = Reference("torch", torch_network(network, contract))
    return Source(contract, stream.getvalue(), reference, {"seed": 1})


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("detector", marks=pytest.mark.slow),
        "recognizer",
        pytest.param("steep recognizer", marks=pytest.mark.slow),
    ],
)
def job(request, seeded_source):
    """Make a job of a seeded network: `job(**options)`."""
    source = seeded_source if request.param == "detector" else recognizer(request.param.startswith("steep"))
    graph = run_passes(read_onnx(source.onnx, source.contract.family))
    recipe = recipe_for("retinaface_mnet025") if request.param == "detector" else Recipe(model="mobilefacenet")

    def make(**options):
        return Job(source, graph, {}, recipe, Images(), BuildOptions(**options))

    return make


@pytest.fixture(scope="module")
def saved(job, tmp_path_factory):
    """The statistics that a TFLite export saved, and its model."""
    path = tmp_path_factory.mktemp("statistics") / "statistics.npz"
    return path, build(job(save_statistics=path), target("tflite-int8")).model


@pytest.mark.parametrize("name", INT8)
def test_statistics_of_a_tflite_export_serve_every_target(job, saved, name):
    path, tflite = saved
    given = build(job(statistics=path), target(name)).model
    assert given == (tflite if name == "tflite-int8" else build(job(), target(name)).model)


def test_given_statistics_are_not_calibrated_again(job, saved, tmp_path):
    stats = calibrate(job(statistics=saved[0]))
    unread = job(statistics=tmp_path / "is not read.npz")
    assert build(unread, target("tflite-int8"), stats).model == saved[1]


def test_statistics_are_of_the_optimized_graph_before_legalization(job, saved):
    stats, graph = calibrate(job(statistics=saved[0])), job().graph
    assert set(stats.values) == set(graph.activations)


@pytest.mark.parametrize("name", INT8)
def test_statistics_of_another_network_are_refused_by_every_target(job, saved, name):
    other = job(statistics=saved[0])
    weights = next(name for name, data in other.graph.constants.items() if data.ndim == 4)
    changed = other.graph.rebuild(constants={weights: other.graph.constants[weights] * np.float32(1.01)})
    with pytest.raises(InputError, match="another network") as caught:
        build(replace(other, graph=changed), target(name))
    assert caught.value.where == str(saved[0])
    assert "--statistics" in caught.value.fix


def test_an_invalid_statistics_file_is_refused_before_anything_is_built(job, tmp_path):
    path = tmp_path / "statistics.npz"
    path.write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(InputError, match="cannot read the calibration statistics") as caught:
        build(job(statistics=path), target("onnx-int8"))
    assert caught.value.where == str(path)


@pytest.mark.parametrize("name", INT8)
def test_missing_statistics_are_refused_with_the_algorithm(job, tmp_path, name):
    path = tmp_path / "statistics.npz"
    plain = job(save_statistics=path)
    few = plain.recipe.model_copy(update={"quantize": QuantizeSettings(algorithms=())})
    build(replace(plain, recipe=few), target(name))
    with pytest.raises(InputError, match="lack second moments, which cross_layer_equalization needs") as caught:
        build(job(statistics=path), target(name))
    assert caught.value.where == str(path)
    build(replace(job(statistics=path), recipe=few), target(name))


COUNT = FEW + 5


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Make a job that calibrates with more images than are sampled: `listed(**options)`."""
    folder, source = tmp_path_factory.mktemp("faces"), recognizer(steep=False)
    files = tuple(folder / f"{index:03}.png" for index in range(COUNT + 2))
    for index, file in enumerate(files):
        cv2.imwrite(str(file), np.random.default_rng(index).integers(0, 256, (SIZE, SIZE, 3), np.uint8))
    graph = run_passes(read_onnx(source.onnx, source.contract.family))

    def make(judge=files[COUNT:], **options):
        images = Images(files[:COUNT], judge)
        return Job(source, graph, {}, Recipe(model="mobilefacenet"), images, BuildOptions(**options))

    return make


def test_parts_of_the_images_give_the_model_of_all_images(listed, tmp_path):
    whole = calibrate(listed())
    files = [tmp_path / f"{number}.npz" for number in (1, 2, 3)]
    for number, file in enumerate(files, start=1):
        calibrate(listed(save_statistics=file), Part(number, 3))
    merged = calibrate(listed(statistics=files[::-1]))
    assert (merged.images, merged.sampled, merged.seen) == (COUNT, IMAGES, whole.seen)
    tflite = target("tflite-int8")
    assert build(listed(), tflite, merged).model == build(listed(), tflite, whole).model


@pytest.mark.parametrize("count", [COUNT, 20])
def test_any_engine_gives_the_same_file(listed, tmp_path, count):
    jobs = [listed(save_statistics=tmp_path / name) for name in ("here.npz", "engine.npz")]
    images = replace(jobs[0].images, calibrate=jobs[0].images.calibrate[:count])
    for job, engine in zip(jobs, (HERE, Scattering(3)), strict=True):
        calibrate(replace(job, images=images, engine=engine))
    here, there = (job.options.save_statistics.read_bytes() for job in jobs)
    assert here == there


def test_an_image_in_two_parts_is_refused(listed, tmp_path):
    files = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for file, part in zip(files, (Part(1, 2), Part(2, 3)), strict=True):
        calibrate(listed(save_statistics=file), part)
    with pytest.raises(InputError, match="of the images are in both") as caught:
        calibrate(listed(statistics=files))
    assert all(str(file) in caught.value.where for file in files)


def test_a_part_without_samples_is_refused_alone(listed, tmp_path):
    file = tmp_path / "small.npz"
    left_out = next(index for index in range(COUNT) if not Sampling(COUNT).takes(index))
    parts = [calibrate(listed(), Part(index + 1, COUNT)) for index in (0, left_out)]
    assert [part.sampled for part in parts] == [1, 0]
    parts[1].save(file)
    with pytest.raises(InputError, match="no samples"):
        calibrate(listed(statistics=file))
    parts[0].save(tmp_path / "other.npz")
    assert calibrate(listed(statistics=(file, tmp_path / "other.npz"))).sampled == 1


def test_images_that_have_calibrated_do_not_judge(listed, tmp_path):
    file = tmp_path / "statistics.npz"
    job = listed(save_statistics=file)
    calibrate(job)
    calibrate(listed(statistics=file))
    with pytest.raises(InputError, match=r"2 of the images that are to judge have calibrated, such as 003\.png"):
        calibrate(listed(statistics=file, judge=(*job.images.judge, *job.images.calibrate[3:5])))
