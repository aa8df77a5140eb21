"""Pages as they are laid out at 390 and 1280 pixels, light and dark, against `layout.json`.

What is compared are the places of blocks across the page, and what stands below what: these follow from our style
sheet. Pixels do not: another machine's fonts wrap lines elsewhere, which moves all that follows. So screenshots are
taken too, and tell only whether the page is light or dark and whether anything is on it.

`EDGEFACE_ACCEPT_LAYOUT=1 pytest tests/report/test_layout.py -n0` writes the places anew; look at the pages before.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeface.core.artifact import Artifact, write_json
from edgeface.core.description import Verdict
from edgeface.devices.board_record import read_records, save_record
from edgeface.report.boards import boards
from edgeface.report.collect import collect
from edgeface.report.matrix import render_matrix
from edgeface.report.render import render
from edgeface.report.seen import SEEN
from edgeface.report.verified import verified

LAYOUT = Path(__file__).with_name("layout.json")
WIDTHS, SCHEMES = (390, 1280), ("light", "dark")
PAGES = ("detector", "recognizer", "refused", "index")
BLOCKS = (
    *("h1", ".contents", ".verdict", ".verdict h2", ".verdict .tiles > div", ".verdict .region"),
    *("#measured", ".chart", ".chart .area", "#pairs", ".paircards > li", "#boards", ".bar .track", ".scene"),
    *(".pair > figure", "#layers .area", "#origin", "footer", "[aria-labelledby='matrix-title']", ".differ"),
    *(".sides > figure", ".samecards > li"),
)
ACROSS_PX = 2
PLACES = """blocks => {
  const found = {};
  for (const block of blocks) {
    const boxes = [...document.querySelectorAll(block)].map(e => e.getBoundingClientRect());
    if (boxes.length) found[block] = boxes.slice(0, 4).map(b => [Math.round(b.left), Math.round(b.width)]);
  }
  const tops = Object.keys(found).map(block =>
    [block, document.querySelector(block).getBoundingClientRect().top]);
  tops.sort((a, b) => a[1] - b[1] || blocks.indexOf(a[0]) - blocks.indexOf(b[0]));
  return {blocks: found, order: tops.map(each => each[0])};
}"""
OFF_SCREEN = """() => {
  const wide = document.documentElement.clientWidth;
  const shown = e => e.getClientRects().length && !e.closest('.skip, .visually-hidden, thead, .wide');
  const beyond = [...document.querySelectorAll('main *, header *, footer *')].filter(shown).filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > wide + 1 || box.left < -1);
  });
  const first = [...document.querySelectorAll('.wide tbody tr')].filter(shown).filter(row =>
    [...row.cells].slice(0, 3).some(cell => cell.getBoundingClientRect().right > wide));
  return {
    page: document.documentElement.scrollWidth - wide,
    beyond: beyond.map(e => e.outerHTML.slice(0, 100)),
    columns: first.map(row => row.textContent.slice(0, 60)),
  };
}"""


@pytest.fixture
def written(tmp_path, page, scenes, cards, exported, watched, portrait):
    """A page by its name, as a file."""
    from datetime import date

    from measured_board import measured_board
    from scored_pairs import changing_pairs

    (folder,) = exported.iterdir()
    artifact = Artifact.open(folder)
    save_record(artifact, measured_board(governor="ondemand"), date(2026, 11, 28))

    def of(name):
        place = tmp_path / f"{name}.html"
        if name == "detector":
            shown = boards(read_records(folder, artifact.manifest.model_sha256))
            text = render("report.html", page=page(scenes, boards=shown))
        elif name == "recognizer":
            change = changing_pairs([portrait(n) for n in range(6)])
            text = render("report.html", page=page(cards, verified=verified(*change, "tflite-int8", images=True)))
        elif name == "refused":
            reasons = ("faces matched: 91.20% (9 of 102 missed), required ≥ 98%",) * 3
            bad = Verdict("bad", "NOT good enough", "3 of 9 requirements are missed: faces matched.", reasons)
            text = render("report.html", page=page(scenes, verdict=bad))
        else:
            text = render_matrix(_several(exported, folder, watched), place)
        place.write_text(text, encoding="utf-8")
        return place

    return of


def _several(root, folder, watched):
    """A collection of three targets of a model, judged on the same images."""
    import shutil

    seen = watched.seen(["1.jpg", "2.jpg", "3.jpg"])
    document = {"format": 1, **seen.model_dump(mode="json", exclude_defaults=True)}
    for target in ("onnx-int8", "tflite-fp32", "tflite-int8"):
        place = root / f"model-{target}"
        shutil.copytree(folder, place)
        manifest = json.loads((place / "manifest.json").read_text())
        write_json(place / "manifest.json", {**manifest, "target": target})
        write_json(place / SEEN, document)
    shutil.rmtree(folder)
    return collect(root)


@pytest.fixture(scope="module")
def sheet(browser):
    """One page of the browser for all."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_laid_out_as_it_was_looked_at(sheet, written, name):
    sheet.goto(written(name).as_uri(), wait_until="load")
    found = {}
    for width in WIDTHS:
        sheet.set_viewport_size({"width": width, "height": 900})
        places = []
        for scheme in SCHEMES:
            sheet.emulate_media(color_scheme=scheme)
            check_picture(sheet.screenshot(animations="disabled"), width, scheme)
            places.append(sheet.evaluate(PLACES, list(BLOCKS)))
        assert places[0] == places[1]  # colors move nothing
        sheet.evaluate("() => document.querySelectorAll('details').forEach(e => { e.open = true; })")
        assert sheet.evaluate(OFF_SCREEN) == {"page": 0, "beyond": [], "columns": []}
        found[str(width)] = sheet.evaluate(PLACES, list(BLOCKS))
        sheet.evaluate("() => document.querySelectorAll('details').forEach(e => { e.open = false; })")
    if os.environ.get("EDGEFACE_ACCEPT_LAYOUT"):
        known = json.loads(LAYOUT.read_text()) if LAYOUT.exists() else {}
        LAYOUT.write_text(json.dumps({**known, name: found}, indent=1, sort_keys=True) + "\n")
    check_layout(found, json.loads(LAYOUT.read_text(encoding="utf-8"))[name])


def check_picture(png, width, scheme):
    """A screenshot is of the width, mostly of its scheme's lightness, and not empty."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image.shape[1] == width
    assert np.median(image) > 220 if scheme == "light" else np.median(image) < 50
    assert image.std() > 10


def check_layout(found, known):
    """The same blocks at the same places across the page, within `ACROSS_PX`, in the same order."""
    for width, wanted in known.items():
        assert found[width]["order"] == wanted["order"], width
        for block, boxes in wanted["blocks"].items():
            got = found[width]["blocks"][block]
            assert len(got) == len(boxes), (width, block)
            assert np.abs(np.subtract(got, boxes)).max() <= ACROSS_PX, (width, block, got, boxes)


def test_a_moved_block_is_seen():
    known = {"390": {"order": ["h1", "main"], "blocks": {"h1": [[12, 366]], "main": [[0, 390]]}}}
    check_layout(known, known)
    for changed in (
        {"order": ["main", "h1"], "blocks": known["390"]["blocks"]},
        {"order": ["h1", "main"], "blocks": {**known["390"]["blocks"], "h1": [[16, 366]]}},
        {"order": ["h1", "main"], "blocks": {**known["390"]["blocks"], "h1": [[12, 366]] * 2}},
    ):
        with pytest.raises(AssertionError):
            check_layout({"390": changed}, known)
