"""Public detectors, recognised by their outputs' shapes alone, find the labeled faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from edgeface.contracts import ImageInput
from edgeface.images.files import letterbox, read_image
from edgeface.images.folder import list_images
from edgeface.tasks.detection.average_precision import LabeledDetections, average_precision
from edgeface.tasks.detection.decoders import documented_inputs, open_decoder, recognized
from edgeface.tasks.detection.decoding import Decoding
from edgeface.tasks.detection.pascal_voc import read_labels


@dataclass
class Detector:
    """A public ONNX file in ONNX Runtime."""

    session: object
    size: tuple[int, int]

    def run(self, image):
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(None, {self.session.get_inputs()[0].name: image}), strict=True))

    def precisions(self, data, min_side):
        """By decoder and reading, average precision for faces with such a side (pixels of the image)."""
        shapes = {name: array.shape for name, array in self.run(np.zeros((1, 3, *self.size), np.float32)).items()}
        return {
            (name, one.note): self.precision(data, name, one, min_side) for name, one in recognized(shapes, *self.size)
        }

    def precision(self, data, name, one, min_side):
        usual = documented_inputs(name)[0]
        height, width = self.size
        spec = ImageInput(height=height, width=width, color=usual.color, mean=usual.mean, scale=usual.scale)
        names = {}
        for role, given in one.outputs.items():
            names.update({role: given} if isinstance(given, str) else {f"{role}_{i}": n for i, n in enumerate(given)})
        decoding = Decoding(open_decoder(name, one.parameters, name), names, height, width, 0.4, name)
        images = []
        for path in list_images(data / "labelled"):
            image = read_image(path)
            tensor, scale = letterbox(image, spec)
            faces = decoding.faces(self.run(tensor), scale, image.shape[:2], 0.3)
            images.append(LabeledDetections(faces, read_labels(path.with_suffix(".xml"))))
        return average_precision(images, min_side)


@pytest.mark.parametrize(
    ("file", "size", "min_side", "wanted"),
    [
        ("yunet_s_320.onnx", (320, 320), 64, {("yunet", ""): 0.97}),
        ("yunet_2021_120x160.onnx", (120, 160), 80, {("yunet_2021", ""): 0.95}),
        ("scrfd_2.5g_bnkps_shape160x160.onnx", (160, 160), 80, {("scrfd", ""): 0.95}),
        (
            "ultraface_slim320_nopost.onnx",
            (240, 320),
            64,
            {
                ("ultraface", "boxes are decoded in the graph, all within 0 and 1 or a little beyond"): 0.0,
                ("ultraface", "boxes are offsets from priors"): 0.95,
            },
        ),
    ],
)
def test_public_detectors_find_labeled_faces_as_their_documentation_says(shared_data, file, size, min_side, wanted):
    ort = pytest.importorskip("onnxruntime")
    path = shared_data / "onnx" / file
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    found = Detector(ort.InferenceSession(str(path), options), size).precisions(shared_data, min_side)
    assert set(found) == set(wanted)
    for key, least in wanted.items():
        assert found[key] >= least
        assert least > 0 or found[key] < 0.1
