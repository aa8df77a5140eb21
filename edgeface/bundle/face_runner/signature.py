"""minisign's signatures: Ed25519 of the BLAKE2b-512 of a file, and of the trusted comment."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgeface.bundle.face_runner import ed25519
from edgeface.bundle.face_runner.errors import Refused, RunnerError
from edgeface.bundle.face_runner.integrity import SIGNATURE
from edgeface.reading.regular_file import Kind, read_file

UNTRUSTED = "untrusted comment: signature of the SHA256SUMS of an edgeface bundle"
TRUSTED = "trusted comment: "
PREHASHED, PLAIN = b"ED", b"Ed"
_ID_BYTES, _KEY_BYTES, _SIGNATURE_BYTES = 8, 32, 64
_FIX_KEY = "pass the .pub file that `edgeface keygen` or `minisign -G` wrote"
_KEY = Kind("public key", 1 << 12, _FIX_KEY, error=RunnerError)


@dataclass(frozen=True)
class PublicKey:
    """A minisign public key: its identifier (8 bytes) and the Ed25519 key (32 bytes)."""

    identifier: bytes
    key: bytes

    @property
    def name(self) -> str:
        """The identifier as minisign prints it."""
        return self.identifier[::-1].hex().upper()


def read_public_key(path: Path) -> PublicKey:
    """The public key in a minisign .pub file.

    Raises:
        RunnerError: the file is missing or not a public key.
    """
    try:
        lines = read_file(path, _KEY).decode("utf-8").strip().splitlines()
    except UnicodeDecodeError as error:
        raise RunnerError(f"cannot read the public key: {error}", str(path), _FIX_KEY) from error
    data = _decode(lines[-1]) if lines else None
    if data is None or len(data) != 2 + _ID_BYTES + _KEY_BYTES or data[:2] != PLAIN:
        raise RunnerError("not a minisign public key", str(path), _FIX_KEY)
    return PublicKey(data[2:10], data[10:])


def check_signature(signed: bytes, signature: bytes | None, key: PublicKey) -> None:
    """Verify a signature file against the signed bytes.

    Raises:
        Refused: it is missing, damaged, by another key, or of other bytes.
    """
    if signature is None:
        raise Refused("the bundle is not signed", SIGNATURE, "pack it with --sign KEY")
    found, comment, overall = _parts(signature)
    if found[:2] != PREHASHED:
        raise Refused("the signature is not in minisign's prehashed format", SIGNATURE)
    if found[2:10] != key.identifier:
        raise Refused("the signature is by another key", SIGNATURE, f"its key is not {key.name}")
    if not _verified(key.key, hashlib.blake2b(signed).digest(), found[10:]):
        raise Refused("the signature is not of this SHA256SUMS", SIGNATURE)
    if not _verified(key.key, found[10:] + comment, overall):
        raise Refused("the trusted comment is not the one that was signed", SIGNATURE)


def check_form(signature: bytes) -> None:
    """Check the form of a signature file without a key; edgeface writes only one form.

    Raises:
        Refused: it is damaged.
    """
    _parts(signature)


def _parts(signature: bytes) -> tuple[bytes, bytes, bytes]:
    """Algorithm, key and signature (74 bytes), the trusted comment, and the signature of both (64 bytes)."""
    try:
        lines = signature.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if len(lines) == 5 and lines[0] == UNTRUSTED and lines[2].startswith(TRUSTED) and lines[4] == "":
        found, overall = _decode(lines[1]), _decode(lines[3])
        if found and overall and len(found) == 10 + _SIGNATURE_BYTES and len(overall) == _SIGNATURE_BYTES:
            return found, lines[2][len(TRUSTED) :].encode(), overall
    raise Refused("the signature file is damaged", SIGNATURE)


def _decode(text: str) -> bytes | None:
    """Decoded canonical Base64; None for any other encoding of the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _verified(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:  # a board needs no library to verify
        return ed25519.verify(key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
