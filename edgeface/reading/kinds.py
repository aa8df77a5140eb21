"""The kinds of files that edgeface reads, each with the most bytes that one may have."""

from __future__ import annotations

from edgeface.errors import CheckpointError
from edgeface.reading.regular_file import Kind

_STATE_DICT = "pass a file that torch.save(model.state_dict(), …) or safetensors wrote"

MODEL = Kind("model", 2 << 30, "pass an artifact folder, an .onnx, .tflite, .param or .xml file")
_TAGS = (*(number << 3 | (0 if number in {1, 5} else 2) for number in (1, 2, 3, 4, 5, 6, 7, 8, 14)), 0xA2, 0xCA, 0xD2)
"""First bytes of the tags of a ModelProto's fields."""
ONNX = Kind(
    "ONNX model", 2 << 30, "pass an .onnx file that an exporter wrote", marks=tuple(bytes([tag]) for tag in _TAGS)
)
TFLITE = Kind("TFLite model", 2 << 30, "pass a complete .tflite file", marks=(b"TFL3",), marks_at=4)
NCNN = Kind(
    "ncnn network", 16 << 20, "pass a .param file with its .bin file beside it", marks=(b"7767517", b"\xdd\x85\x76\x00")
)
NCNN_WEIGHTS = Kind("weights of an ncnn network", 2 << 30, "pass the .param file, with its .bin file beside it")
OPENVINO = Kind("OpenVINO network", 64 << 20, "pass the .xml file, with its .bin file beside it")
OPENVINO_WEIGHTS = Kind("weights of an OpenVINO network", 2 << 30, "pass the .xml file, with its .bin file beside it")
EXTERNAL_DATA = Kind("model's external data", 8 << 30, "copy it next to the model")
ENGINE = Kind("engine", 8 << 30, "edgeface export … --target tensorrt-fp16 (or tensorrt-int8)")
CHECKPOINT = Kind(
    "checkpoint", 2 << 30, _STATE_DICT, "save only the network's state_dict(), without optimizer state", CheckpointError
)
ARTIFACT_JSON = Kind("JSON", 8 << 20, "export the artifact again, or copy the whole folder again")
RECIPE = Kind("recipe", 1 << 18, "see recipes/ for examples")
CONTRACT = Kind(
    "contract", 1 << 18, "docs/contracts.md shows whole contracts, docs/contracts/ one for each public format"
)
BUDGET = Kind("budget", 1 << 16, "`edgeface budgets` lists the built-in ones; README shows how to write one")
PROFILE = Kind(
    "device profile",
    1 << 16,
    "edgeface/devices/profiles/rk3399.toml shows every key of a board, a72.toml those of a core",
)
IMAGE = Kind("image", 64 << 20, "pass the path of a JPEG, PNG, BMP, WebP or PPM file", "make the image smaller")
VIDEO = Kind("video", 1 << 40, "pass an mp4, mov, avi, mkv, webm or mpg file")
PAIRS = Kind(
    "list of pairs",
    64 << 20,
    "use LFW's pairsDevTest.txt or pairs.txt, or lines of path_a,path_b,1 (same person) or 0; paths with spaces need "
    "commas, tabs or quotes",
)
LABELS = Kind(
    "labels",
    4 << 20,
    "write the boxes as Pascal-VOC XML: annotation/object/bndbox with xmin, ymin, xmax and ymax in pixels",
)
LABEL_LIST = Kind("list of labels", 64 << 20, "pass WIDER FACE's wider_face_val_bbx_gt.txt, or a COCO JSON file")
WIDER_LABELS = Kind(
    "MATLAB file",
    64 << 20,
    "pass the folder eval_tools/ground_truth of WIDER FACE's evaluation program, with its four .mat files",
)
COUNTS = Kind("remembered counts", 1 << 16, "delete them: they are counted again")
STATISTICS = Kind("calibration statistics", 1 << 30, "delete them, and calibrate again")
CACHE = Kind("evaluation cache", 1 << 40, "delete it, or pass another path as --cache")
_GALLERY_FIX = "copy the gallery again, or make it again with `edgeface gallery add`"
GALLERY = Kind("gallery", 8 << 20, _GALLERY_FIX)
GALLERY_ARRAY = Kind("gallery's array", 1 << 40, _GALLERY_FIX, marks=(b"\x93NUMPY",))
EMBEDDINGS = Kind("embeddings", 64 << 30, "pass a .npy file, float32 [n,width], or what `edgeface embed --out` wrote")
NAMES = Kind("list of names", 1 << 30, "write one name a line, in UTF-8")
KEY = Kind("secret key", 1 << 12, "create one with `edgeface keygen`, or with `minisign -G -W`")
LICENCE = Kind("licence", 1 << 20, "pass a text file")
BUNDLE = Kind("bundle", 65 << 20, "copy the bundle again from its origin")
REPORT = Kind("report", 64 << 20, "name another file")
ANY = Kind("file", 1 << 60, "check the path")
"""Of which only the first or last bytes are read."""
SYSTEM = Kind("file of the system", 16 << 20)
OWN = Kind("file of edgeface", 64 << 20, "install edgeface again")
