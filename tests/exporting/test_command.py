import shlex
from pathlib import Path

from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.backends.tensorrt.request import BatchProfile
from edgeface.compile.request import ExportRequest
from edgeface.exporting.command import export_command


def test_a_command_names_files_without_their_folders():
    request = ExportRequest(
        model="retinaface_mnet025",
        weights=Path("/home/someone/best one.pth"),
        calibration=Path("/home/someone/photos"),
        input_size=(480, 640),
        variant="1mb",
        io="int8",
        integer_only=True,
        keep_decode=True,
        max_drop="matched=0.5%,score=0.005",
        detector=Path("out/finder/"),
    )
    words = shlex.split(export_command(request, "tflite-int8"))
    assert words[:5] == ["edgeface", "export", "retinaface_mnet025", "--target", "tflite-int8"]
    assert words.pop(words.index("--integer-only"))
    assert words.pop(words.index("--keep-decode"))
    given = dict(zip(words[5::2], words[6::2], strict=True))
    assert given == {
        "--weights": "best one.pth",
        "--calibration": "photos",
        "--detector": "finder",
        "--variant": "1mb",
        "--input": "480x640",
        "--io": "int8",
        "--max-drop": "matched=0.5%,score=0.005",
    }


def test_engines_options_belong_to_engines_only():
    engines = EngineOptions(("86", "89"), BatchProfile(1, 8, 64), allow_slower=True)
    request = ExportRequest(model="own/recipe.toml", seed=1, engines=engines)
    assert export_command(request, "onnx-int8") == "edgeface export recipe.toml --target onnx-int8 --seed 1"
    assert export_command(request, "tensorrt-int8").endswith("--compute-capability 86,89 --batch 1,8,64 --allow-slower")
