"""Keys and signatures: minisign's files, a library's mathematics, and the board's own."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edgeface.bundle.face_runner import ed25519
from edgeface.bundle.face_runner.errors import Refused, RunnerError
from edgeface.bundle.face_runner.integrity import SIGNATURE, SUMS
from edgeface.bundle.face_runner.signature import check_form, check_signature, read_public_key
from edgeface.bundle.keys import read_secret_key, sign, write_key_pair
from edgeface.errors import InputError

MESSAGE = b"1234  models/detector.tflite\n"
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture
def minisign(tmp_path):
    """minisign's own program, run in `tmp_path`."""
    program = shutil.which("minisign")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs minisign")
        pytest.skip("there is no minisign: apt-get install minisign")

    def run(*arguments):
        return subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_minisign_accepts_our_signature_and_refuses_another_message(minisign, tmp_path):
    public = write_key_pair(tmp_path / "maker.key")
    (tmp_path / SUMS).write_bytes(MESSAGE)
    (tmp_path / SIGNATURE).write_bytes(sign(MESSAGE, read_secret_key(tmp_path / "maker.key"), "a bundle"))
    ended = minisign("-V", "-m", SUMS, "-p", public.name)
    assert ended.returncode == 0, ended.stderr
    assert "a bundle" in ended.stdout
    (tmp_path / SUMS).write_bytes(MESSAGE + b"x")
    assert minisign("-V", "-m", SUMS, "-p", public.name).returncode != 0


def test_minisign_signs_with_our_key_and_we_with_minisign_s(minisign, tmp_path):
    public = read_public_key(write_key_pair(tmp_path / "ours.key"))
    (tmp_path / SUMS).write_bytes(MESSAGE)
    ended = minisign("-S", "-s", "ours.key", "-m", SUMS, "-x", "by-minisign", "-t", "said")
    assert ended.returncode == 0, ended.stderr
    lines = (tmp_path / "by-minisign").read_bytes().splitlines()
    ours = sign(MESSAGE, read_secret_key(tmp_path / "ours.key"), "said").splitlines()
    assert (ours[1:]) == lines[1:]  # all but the untrusted comment
    check_signature(MESSAGE, b"\n".join(ours) + b"\n", public)
    assert minisign("-G", "-W", "-s", "theirs.key", "-p", "theirs.pub").returncode == 0
    (tmp_path / "theirs.key").chmod(0o600)
    theirs = sign(MESSAGE, read_secret_key(tmp_path / "theirs.key"), "x")
    check_signature(MESSAGE, theirs, read_public_key(tmp_path / "theirs.pub"))


def test_the_same_message_has_the_same_signature(key_pair):
    key = read_secret_key(key_pair[0])
    assert sign(MESSAGE, key, "c") == sign(MESSAGE, key, "c")


def test_every_changed_character_of_a_signature_is_refused(key_pair):
    public = read_public_key(key_pair[1])
    good = sign(MESSAGE, read_secret_key(key_pair[0]), "made by a test")
    check_signature(MESSAGE, good, public)
    for at in range(len(good)):
        for flip in (0x01, 0x20):
            changed = bytearray(good)
            changed[at] ^= flip
            with pytest.raises(Refused):
                check_signature(MESSAGE, bytes(changed), public)


def test_another_key_and_a_missing_signature_are_refused(key_pair, tmp_path):
    other = read_public_key(write_key_pair(tmp_path / "other.key"))
    good = sign(MESSAGE, read_secret_key(key_pair[0]), "c")
    with pytest.raises(Refused, match="another key"):
        check_signature(MESSAGE, good, other)
    with pytest.raises(Refused, match="not signed"):
        check_signature(MESSAGE, None, other)


def test_a_signature_is_checked_for_its_form_without_a_key(key_pair):
    good = sign(MESSAGE, read_secret_key(key_pair[0]), "c")
    check_form(good)
    with pytest.raises(Refused, match="damaged"):
        check_form(good + b"\n")


def test_the_secret_key_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "maker.key"
    public = write_key_pair(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes(), public.read_bytes()
    with pytest.raises(InputError, match="cannot write the key"):
        write_key_pair(path)
    assert (path.read_bytes(), public.read_bytes()) == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_secret_key_that_others_may_read_is_refused(tmp_path, mode):
    write_key_pair(tmp_path / "maker.key")
    (tmp_path / "maker.key").chmod(mode)
    with pytest.raises(InputError, match="others may read") as caught:
        read_secret_key(tmp_path / "maker.key")
    assert "chmod 600" in str(caught.value.fix)


def test_a_secret_key_with_a_password_is_refused_with_a_fix(tmp_path):
    path = tmp_path / "locked.key"
    path.write_text("untrusted comment: x\n" + base64.b64encode(b"EdScB2" + bytes(152)).decode() + "\n")
    path.chmod(0o600)
    with pytest.raises(InputError, match="password") as caught:
        read_secret_key(path)
    assert "minisign -C -W" in str(caught.value.fix)


def test_a_damaged_secret_key_is_refused(tmp_path):
    path = tmp_path / "maker.key"
    write_key_pair(path)
    comment, body = path.read_text().splitlines()
    data = bytearray(base64.b64decode(body))
    data[70] ^= 1
    path.write_text(f"{comment}\n{base64.b64encode(data).decode()}\n")
    with pytest.raises(InputError, match="damaged"):
        read_secret_key(path)


@pytest.mark.parametrize("text", ["", "x", "untrusted comment: x\nAAAA\n", "untrusted comment: x\n\xff\n"])
def test_an_invalid_public_key_is_refused(tmp_path, text):
    path = tmp_path / "a.pub"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(RunnerError):
        read_public_key(path)


def by_library(key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_the_board_s_verification_agrees_with_the_library():
    verdicts = []
    for number in range(24):
        private = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
        key, message = private.public_key().public_bytes_raw(), os.urandom(number * 7)
        signature = private.sign(message)
        changed = bytearray(signature)
        changed[number * 5 % 64] ^= 1 << number % 8
        cases = [(key, message, signature), (key, message, bytes(changed)), (key, message + b"x", signature)]
        s = int.from_bytes(signature[32:], "little") + ORDER
        cases.append((key, message, signature[:32] + s.to_bytes(32, "little")))  # the same s, written otherwise
        for case in cases:
            assert ed25519.verify(*case) == by_library(*case)
            verdicts.append(ed25519.verify(*case))
    assert verdicts.count(True) == 24


def test_the_board_s_verification_refuses_small_order_keys():
    neutral = (1).to_bytes(32, "little")
    assert not ed25519.verify(neutral, b"anything", neutral + bytes(32))
    assert not ed25519.verify(b"\xff" * 32, b"", bytes(64))
    assert not ed25519.verify(bytes(31), b"", bytes(64))


def test_rfc_8032_s_examples_are_verified():
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519.verify(key, b"\x72", signature)
    assert not ed25519.verify(key, b"\x73", signature)


def test_a_board_without_the_library_verifies_too(key_pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    good = sign(MESSAGE, read_secret_key(key_pair[0]), "c")
    check_signature(MESSAGE, good, read_public_key(key_pair[1]))
    with pytest.raises(Refused, match="not of this"):
        check_signature(MESSAGE + b"x", good, read_public_key(key_pair[1]))


def test_signing_without_the_library_says_what_to_install(key_pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(InputError, match="library") as caught:
        read_secret_key(key_pair[0])
    assert "edgeface[bundle]" in str(caught.value.fix)


def test_a_half_pair_is_completed_by_the_next_run(tmp_path):
    public = write_key_pair(tmp_path / "maker.key")
    secret, known = (tmp_path / "maker.key").read_bytes(), public.read_bytes()
    public.unlink()  # as where a run was killed between the two
    assert write_key_pair(tmp_path / "maker.key") == public
    assert (public.read_bytes(), (tmp_path / "maker.key").read_bytes()) == (known, secret)
    with pytest.raises(InputError, match="it exists"):
        write_key_pair(tmp_path / "maker.key")


def test_an_empty_key_of_an_older_version_does_not_block(tmp_path):
    (tmp_path / "maker.key").touch()
    assert write_key_pair(tmp_path / "maker.key").is_file()
    assert len(read_secret_key(tmp_path / "maker.key").seed) == 32


def test_a_public_key_alone_is_not_replaced(tmp_path):
    (tmp_path / "maker.pub").write_text("someone's")
    with pytest.raises(InputError, match="it exists"):
        write_key_pair(tmp_path / "maker.key")
    assert [path.name for path in tmp_path.iterdir()] == ["maker.pub"]
