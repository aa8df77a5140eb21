from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture
def people(tmp_path, portrait):
    folder = tmp_path / "people"
    (folder / "Bob").mkdir(parents=True)
    cv2.imwrite(str(folder / "José.png"), portrait(1))
    cv2.imwrite(str(folder / "Bob" / "1.png"), portrait(2))
    return folder


@pytest.fixture
def gallery(edgeface_cli, tmp_path, recognizer_artifact):
    """Run `edgeface gallery ACTION` on one gallery: `gallery("add", …)`."""
    made = tmp_path / "staff"

    def run(action, *words):
        recognizer = ("--recognizer", recognizer_artifact) if action == "add" and "--recognizer" not in words else ()
        return edgeface_cli("gallery", action, made, *words, *recognizer)

    return run


@pytest.fixture
def embeddings(tmp_path):
    """A file of embeddings and one of names."""
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).standard_normal((3, 16)).astype(np.float32))
    (tmp_path / "names.txt").write_text("Ann\nCleo\nDan\n", encoding="utf-8")
    return tmp_path / "rows.npy", "--names", tmp_path / "names.txt"


def test_people_of_a_folder_are_added_and_then_identified(
    gallery, edgeface_cli, people, faces_artifact, recognizer_artifact, tmp_path, portrait
):
    ended = gallery("add", people, "--detector", faces_artifact)
    assert (ended.code, ended.out.split(",")[0]) == (0, "added 2: 2 people")
    assert gallery("list").out.splitlines() == ["Bob", "José"]
    cv2.imwrite(str(tmp_path / "image.png"), portrait(1, noise=10))
    models = "--detector", faces_artifact, "--recognizer", recognizer_artifact, "--threshold", "0.8"
    of_folder, of_gallery = (
        edgeface_cli("identify", tmp_path / "image.png", "--gallery", where, *models, "--top", "2", "--json").document
        for where in (people, tmp_path / "staff")
    )
    assert of_gallery["faces"] == of_folder["faces"]
    assert of_gallery["faces"][0]["name"] == "José"
    assert [each["name"] for each in of_gallery["faces"][0]["candidates"]] == ["José", "Bob"]
    assert (of_gallery["people"], of_gallery["gallery_people"]) == (None, 2)


def test_aligned_faces_need_no_detector(gallery, people, portrait):
    for path in people.rglob("*.png"):
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), (112, 112)))
    assert gallery("add", people, "--aligned").code == 0
    assert gallery("add", people).err.startswith("error: there is no detector")


def test_embeddings_are_added_with_their_names_and_removed_by_them(gallery, embeddings):
    assert gallery("add", *embeddings, "--json").document["added"] == 3
    assert gallery("list", "--json").document == {"people": ["Ann", "Cleo", "Dan"]}
    assert gallery("remove", "Cleo", "Ann").out.startswith("removed 2: 1 people")
    shown = gallery("info", "--json").document
    assert (shown["people"], shown["removed_rows"], shown["precision"]) == (1, 2, "float32")
    assert gallery("compact", "--json").document["freed_bytes"] > 0
    assert gallery("check", "--json").document["checked"] is True
    ended = gallery("remove", "Eve")
    assert (ended.code, "Eve is not in the gallery" in ended.err) == (2, True)


def test_what_embed_wrote_can_be_added(gallery, embeddings, tmp_path):
    rows, *names = embeddings
    np.savez(tmp_path / "rows.npz", embeddings=np.load(rows), images=np.array(["a", "b", "c"]))
    assert gallery("add", tmp_path / "rows.npz", *names).code == 0
    np.savez(tmp_path / "other.npz", images=np.array(["a"]))
    assert "no array named embeddings" in gallery("add", tmp_path / "other.npz", *names).err


def test_int8_is_said_when_a_gallery_is_made(gallery, embeddings):
    assert "as int8" in gallery("add", *embeddings, "--int8").out
    assert gallery("add", *embeddings, "--int8", "--replace").code == 0
    assert gallery("info", "--json").document["precision"] == "int8"


def test_another_recognizer_is_refused_unless_it_is_meant(
    gallery, edgeface_cli, embeddings, people, faces_artifact, recognizer_artifact, tmp_path
):
    import json

    gallery("add", *embeddings)
    manifest = tmp_path / "staff" / "gallery.json"
    document = json.loads(manifest.read_text())
    document["recognizer"]["sha256"] = "1" * 64
    manifest.write_text(json.dumps(document))
    refused = gallery("add", *embeddings)
    assert (refused.code, "made with another recognizer" in refused.err) == (2, True)
    asked = ("identify", people / "José.png", "--gallery", tmp_path / "staff")
    models = "--detector", faces_artifact, "--recognizer", recognizer_artifact
    assert edgeface_cli(*asked, *models).code == 2
    assert edgeface_cli(*asked, *models, "--other-recognizer").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add",), "one folder of people"),
        (("add", "rows.npy"), "embeddings need names"),
        (("add", "rows.npy", "--names", "names.txt", "--aligned"), "--aligned is of no use"),
        (("add", "people", "--names", "names.txt"), "--names belongs to embeddings"),
        (("list", "Ann"), "takes only the gallery"),
        (("remove",), "nobody is named"),
        (("info", "--int8"), "--int8 belongs to `edgeface gallery add`"),
        (("explode",), "is not one of"),
    ],
)
def test_what_does_not_go_together_is_said(gallery, embeddings, people, tmp_path, monkeypatch, words, said):
    gallery("add", *embeddings)
    monkeypatch.chdir(tmp_path)
    ended = gallery(*words)
    assert ended.code == 2
    assert said in ended.err
    assert gallery("list").out.split() == ["Ann", "Cleo", "Dan"]


def test_nothing_is_made_if_people_cannot_be_embedded(gallery, people, faces_artifact, tmp_path):
    (people / "Dan.png").write_text("not an image")
    assert gallery("add", people, "--detector", faces_artifact).code == 2
    assert not (tmp_path / "staff").exists()


def test_folders_that_hold_something_else_are_not_made_galleries(gallery, embeddings, tmp_path):
    (tmp_path / "staff").mkdir()
    (tmp_path / "staff" / "notes.txt").write_text("keep")
    ended = gallery("add", *embeddings)
    assert (ended.code, "notes.txt" in ended.err) == (2, True)
    assert [path.name for path in (tmp_path / "staff").iterdir()] == ["notes.txt"]
