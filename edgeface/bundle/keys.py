"""Key pairs in minisign's files, and signing with them.

The secret key is stored as minisign stores one without a password: only its file's permissions protect it. Keep
it off the board and out of version control. Source: minisign's documentation of its formats, and RFC 8032.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.bundle.face_runner.signature import PLAIN, PREHASHED, TRUSTED, UNTRUSTED
from edgeface.core.progress import note
from edgeface.core.writing import write_failures, write_new_files
from edgeface.errors import InputError
from edgeface.reading.kinds import KEY
from edgeface.reading.regular_file import read_file

_SECRET_COMMENT = "untrusted comment: minisign unencrypted secret key"
_SECRET_BYTES = 158
_NO_PASSWORD = b"Ed\0\0B2"
_OPEN_TO_OTHERS = 0o077
_FIX = KEY.fix


@dataclass(frozen=True)
class SecretKey:
    """Identifier (8 bytes) and Ed25519 seed (32 bytes)."""

    identifier: bytes
    seed: bytes


def write_key_pair(path: Path) -> Path:
    """Create a key pair: the secret key in `path` (permissions 0600), the public key next to it (.pub).

    A secret key without its public key, such as a run leaves that was killed between the two, is completed.

    Returns:
        The public key's file.

    Raises:
        InputError: a file exists already or cannot be written, or the library for signing is missing.
    """
    public_path = path.with_suffix(".pub")
    if path == public_path:
        raise InputError("a secret key's file is not called .pub", where=str(path), fix="e.g. --out face.key")
    if path.is_file() and path.stat().st_size == 0:  # older versions left that on a full disk
        with write_failures(path, "the key"):
            path.unlink()
    if path.is_file() and not os.path.lexists(public_path):
        key = read_secret_key(path)
        write_new_files([(public_path, _public_text(key), 0o644)], "the key")
        note(f"{path} existed already, without its public key, which was added")
        return public_path
    key = SecretKey(os.urandom(8), os.urandom(32))
    pair = [(path, _secret_text(key), 0o600), (public_path, _public_text(key), 0o644)]
    write_new_files(pair, "the key")
    return public_path


def read_secret_key(path: Path) -> SecretKey:
    """The secret key in a file without a password.

    Raises:
        InputError: the file is missing, damaged, has a password, or others than its owner may read it.
    """
    try:
        lines = read_file(path, KEY).decode("ascii").strip().splitlines()
        data = base64.b64decode(lines[-1], validate=True) if lines else b""
    except ValueError as error:  # UnicodeDecodeError and binascii.Error are
        raise InputError(f"cannot read the secret key: {error}", where=str(path), fix=_FIX) from error
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        raise InputError("others may read the secret key", where=str(path), fix=f"chmod 600 {path.name}")
    if data[:6] == b"EdScB2":
        raise InputError("the secret key has a password", where=str(path), fix="remove it with `minisign -C -W`")
    if len(data) != _SECRET_BYTES or data[:6] != _NO_PASSWORD:
        raise InputError("not a minisign secret key", where=str(path), fix=_FIX)
    identifier, seed, public, checksum = data[54:62], data[62:94], data[94:126], data[126:]
    known = hashlib.blake2b(PLAIN + identifier + seed + public, digest_size=32).digest()
    if checksum not in (known, bytes(32)) or _private(seed).public_key().public_bytes_raw() != public:
        raise InputError("the secret key is damaged", where=str(path), fix=_FIX)
    return SecretKey(identifier, seed)


def sign(message: bytes, key: SecretKey, comment: str, untrusted: str = UNTRUSTED) -> bytes:
    """A minisign signature file, prehashed; the same message, key and comment give the same bytes.

    Args:
        message: the signed bytes.
        key: the signer's.
        comment: trusted comment, ASCII on one line.
        untrusted: the file's first line, which is not signed.
    """
    private = _private(key.seed)
    signature = private.sign(hashlib.blake2b(message).digest())
    overall = private.sign(signature + comment.encode("ascii"))
    body = base64.b64encode(PREHASHED + key.identifier + signature).decode()
    return f"{untrusted}\n{body}\n{TRUSTED}{comment}\n{base64.b64encode(overall).decode()}\n".encode("ascii")


def _secret_text(key: SecretKey) -> str:
    public = _public_of(key)
    checksum = hashlib.blake2b(PLAIN + key.identifier + key.seed + public, digest_size=32).digest()
    data = _NO_PASSWORD + bytes(32 + 8 + 8) + key.identifier + key.seed + public + checksum
    return f"{_SECRET_COMMENT}\n{base64.b64encode(data).decode()}\n"


def _public_text(key: SecretKey) -> str:
    name = key.identifier[::-1].hex().upper()
    body = base64.b64encode(PLAIN + key.identifier + _public_of(key)).decode()
    return f"untrusted comment: minisign public key {name}\n{body}\n"


def _public_of(key: SecretKey) -> bytes:
    public: bytes = _private(key.seed).public_key().public_bytes_raw()
    return public


def _private(seed: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise InputError("signing needs a library", fix="pip install 'edgeface[bundle]'") from error
    return Ed25519PrivateKey.from_private_bytes(seed)
