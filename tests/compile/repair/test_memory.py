"""What a search has measured outlives its process, and nothing in the file can mislead or stop the next one."""

import json

import pytest

from edgeface.compile.repair.measured import Measured
from edgeface.compile.repair.memory import Memory, digest_of
from edgeface.errors import WriteError

FOUND = Measured(drift={"scores": 0.1 + 0.2, "landmarks": 1 / 3}, us=1234.5678901234567)
SEARCH = digest_of(["a search"])


def memory(folder, search=SEARCH):
    return Memory(folder, "model-target", search)


def test_what_was_measured_is_known_again_to_the_last_bit(tmp_path):
    memory(tmp_path).add({"a": FOUND})
    found = memory(tmp_path).get("a")
    assert found == FOUND
    assert list(found.drift) == ["scores", "landmarks"]


def test_another_search_knows_nothing_of_it(tmp_path):
    memory(tmp_path).add({"a": FOUND})
    assert memory(tmp_path, digest_of(["another"])).get("a") is None
    assert memory(tmp_path, SEARCH[:16] + "0" * 48).get("a") is None  # the same file name


def test_a_finished_search_leaves_nothing(tmp_path):
    kept = memory(tmp_path)
    kept.add({"a": FOUND})
    kept.forget()
    kept.forget()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": 9}', b"\xff\xfe", b'{"search": 1, "trials": {}}', b'{"trials": {"a": null}}'],
)
def test_a_damaged_record_is_ignored(tmp_path, content):
    memory(tmp_path).add({"a": FOUND})
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert memory(tmp_path).get("a") is None


@pytest.mark.parametrize("value", [-1.0, "1", None, 1e999])
def test_a_number_that_none_measured_is_ignored(tmp_path, value):
    memory(tmp_path).add({"a": FOUND})
    (path,) = tmp_path.iterdir()
    document = json.loads(path.read_text())
    document["trials"]["a"]["us"] = value
    path.write_text(json.dumps(document))
    assert memory(tmp_path).get("a") is None or value == "1"


def test_without_a_folder_nothing_is_written(tmp_path):
    kept = memory(None)
    kept.add({"a": FOUND})
    assert kept.get("a") == FOUND
    kept.forget()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path):
    with pytest.raises(WriteError):
        memory(tmp_path / "missing").add({"a": FOUND})
