"""Contracts of public ONNX files, inferred from photographs and compared with what is known: reports/contracts.md.

python reports/contracts.py --data ../shared/data --out reports/contracts.md
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeface.compile.infer_contract import recognize, settle
from edgeface.errors import EdgefaceError
from edgeface.images.files import read_image
from edgeface.images.folder import list_images
from edgeface.images.split import spread
from edgeface.tasks.task import Image
from edgeface.tasks.undeclared import Settled

PM1 = "(x − 127.5)/128"
IMAGES = 16
FACE = slice(69, 181)
"""Rows and columns of a funneled LFW photograph that an aligned face of 112 pixels shows about."""


@dataclass(frozen=True)
class Truth:
    """A file, with what its producer documents: format, color order, mean and scale; "" where no contract can be told.

    `alike` are mean and scale that photographs bear out as well.
    """

    file: str
    format: str = ""
    color: str = ""
    levels: str = ""
    size: tuple[int, int] | None = None
    alike: tuple[str, ...] = ()


TRUTHS = (
    Truth("yunet_s_320.onnx", "yunet", "BGR", "x"),
    Truth("yunet_2021_120x160.onnx", "yunet_2021", "BGR", "x"),
    Truth("ultraface_slim320.onnx", "ultraface (box corners)", "RGB", "(x − 127)/128"),
    Truth("ultraface_slim320_nopost.onnx", "ultraface (box ssd)", "RGB", "(x − 127)/128"),
    Truth("ultraface_rfb320_simplified.onnx", "ultraface (box ssd)", "RGB", "(x − 127)/128"),
    Truth("scrfd_500m_bnkps_shape320x320.onnx", "scrfd", "RGB", PM1),
    Truth("det_500m.onnx", "scrfd", "RGB", PM1, (480, 640)),
    Truth("scrfd_2.5g_bnkps_shape160x160.onnx", "scrfd", "RGB", PM1),
    Truth("scrfd_1g.onnx", "scrfd", "RGB", PM1, (320, 320)),
    Truth("centerface.onnx", "centerface", "RGB", "x", (320, 320)),
    Truth("blazeface_front_keijiro.onnx", "blazeface", "RGB", "(x − 127.5)/127.5"),
    Truth("blazeface_back_base.onnx", "blazeface", "RGB", "x/255", alike=("(x − 127.5)/127.5",)),
    Truth("yolov5n_05_face.onnx", "yolo5_face", "RGB", "x/255"),
    Truth("faceplugin_fr_feature.onnx", "embedding", "RGB", "(x − 127)/128", alike=("(x − 127.5)/127.5",)),
    *(
        Truth(name)
        for name in (
            *("ssd_blazeface_simple.onnx", "mtcnn_pnet.onnx", "mtcnn_rnet.onnx", "mtcnn_onet.onnx"),
            *("minifasnet_v2_27.onnx", "faceplugin_fr_landmark.onnx", "gender_v1.onnx", "peppa_slim160.onnx"),
        )
    ),
)


def main() -> None:
    """Infer each file's contract on two sets of photographs, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="Files whose name contains this.")
    given = parser.parse_args()
    shown = {name: photographs(given.data, name) for name in ("scenes", "lfw")}
    faces = [image[FACE, FACE] for image in shown["lfw"]]
    rows, judged = [], []
    for truth in (each for each in TRUTHS if given.only in each.file):
        for name, images in {"aligned faces (LFW)": faces}.items() if truth.format == "embedding" else shown.items():
            row, verdict = line(given.data / "onnx" / truth.file, truth, name, images)
            rows.append(row)
            judged.append(verdict)
            print(row, flush=True)
            if not truth.format:
                break
    given.out.write_text(page(rows, judged), encoding="utf-8")


def photographs(data: Path, name: str) -> list[Image]:
    """A few photographs of a folder, spread over it."""
    return [read_image(path) for path in spread(list_images(data / name), IMAGES)]


def line(path: Path, truth: Truth, shown: str, images: list[Image]) -> tuple[str, str]:
    """A row of the table, and the verdict on it: right, alike, refused, not offered, or WRONG."""
    start = time.process_time()
    try:
        settled = settle(recognize(path, truth.size), images, None, {})
    except EdgefaceError as error:
        verdict = "right" if not truth.format else "refused"
        return row_of(path.name, truth, "–", error.what, verdict, time.process_time() - start), verdict
    verdict = judge(truth, settled)
    said = "; ".join(f"{each.field} {each.value}: {each.how}, {each.evidence}" for each in settled.verdicts)
    return row_of(path.name, truth, shown, said, verdict, time.process_time() - start), verdict


def judge(truth: Truth, settled: Settled) -> str:
    """The verdict on a settled contract."""
    if settled.refused:
        return "refused"
    found = {each.field: each for each in settled.verdicts}
    form = found.get("decoder") or found["output"]
    values = (found["input.color"].value, found["input.mean, input.scale"].value)
    if not truth.format or not form.value.startswith(truth.format.removesuffix(")")):
        return "WRONG"
    if values[0] != truth.color or values[1] not in {truth.levels, *truth.alike}:
        return "WRONG"
    how = {found["input.color"].how, found["input.mean, input.scale"].how}
    return "right" if how == {"inferred"} and values[1] == truth.levels else "right or makes no difference"


def row_of(name: str, truth: Truth, shown: str, said: str, verdict: str, seconds: float) -> str:
    """A row in Markdown."""
    known = ", ".join(filter(None, (truth.format, truth.color, truth.levels))) or "no known decode"
    return f"| {name} | {known} | {shown} | {verdict} | {said} | {seconds:.1f} |"


def page(rows: list[str], judged: list[str]) -> str:
    """The report."""
    return "\n".join(_lines(rows, judged)) + "\n"


def _lines(rows: list[str], judged: list[str]) -> Iterator[str]:
    good = sum(each.startswith("right") for each in judged)
    yield "# Contracts of public ONNX files, inferred"
    yield ""
    yield (
        f"`python reports/contracts.py`: {good} of {len(judged)} right or without a difference, "
        f"{judged.count('refused')} refused, {judged.count('WRONG')} wrong. Sixteen photographs each: of a sample of "
        "WIDER FACE, and of LFW. Seconds are CPU seconds, with reading the model. Files without a known decode are "
        "right where they are refused."
    )
    yield ""
    yield "| file | documented | photographs | verdict | what was found | s |"
    yield "|---|---|---|---|---|---|"
    yield from rows


if __name__ == "__main__":
    main()
