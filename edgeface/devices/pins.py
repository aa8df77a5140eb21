"""Pinned contents of the emulated devices: Debian packages by name, and wheels by version, hash and size.

Debian's mirrors keep only the newest build of a package, so their versions are recorded at installation instead.
Wheels are pinned, for CPython 3.11 on aarch64; `SITES` groups what one process can import together.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

LAYOUT = 3
"""Version of the installation's layout, so that no version of edgeface opens an incompatible one."""
DEBIAN = "bookworm"
PYTHON = "3.11"

USERLAND_PACKAGES = (
    *("libc6", "libgcc-s1", "libstdc++6", "libgomp1", "zlib1g", "libexpat1", "libbz2-1.0", "liblzma5", "libffi8"),
    *("libuuid1", "libcrypt1", "libssl3", "libpython3.11-minimal", "libpython3.11-stdlib", "python3.11-minimal"),
)
# The dynamic emulator, unlike the static one, is small and loads counting plugins; its libraries are included, so that
# the host needs only a C library of version 2.34 or newer.
HOST_PACKAGES = (
    *("qemu-user", "libcapstone4", "liburing2", "libglib2.0-0", "libgnutls30", "libnuma1", "libpcre2-8-0", "libffi8"),
    *("libnettle8", "libhogweed6", "libgmp10", "libp11-kit0", "libidn2-0", "libunistring2", "libtasn1-6", "zlib1g"),
)


@dataclass(frozen=True)
class Wheel:
    """A wheel: its name for pip, its SHA-256 and its size."""

    name: str
    version: str
    sha256: str
    size_bytes: int
    architecture: str = "aarch64"


SITES: dict[str, tuple[Wheel, ...]] = {
    "current": (
        Wheel("numpy", "2.4.6", "0ab0a9c4ffb1a6d95ef519fe4247dba8eb6b18ad93999f76b7f657039acabd47", 15966692),
        Wheel("ai-edge-litert", "2.3.0", "853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae", 14379387),
        Wheel("onnxruntime", "1.31.1", "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3", 21413526),
        Wheel("ncnn", "1.0.20261020", "0503da4f3960ee2e555feef55db13adffd6c62eb59a4bd22f8083b12d1757ad8", 4893023),
    ),
    "legacy": (
        Wheel("numpy", "1.26.4", "7ab55401287bfec946ced39700c053796e7cc0e3acbef09993a9ad2adba6ca6e", 14222994),
        Wheel("tflite-runtime", "2.14.0", "ce9fa5d770a9725c746dcbf6f59f3178233b3759f09982e8b2db8d2234c333b0", 2325913),
    ),
    "legacy-here": (
        Wheel(
            "numpy", "1.26.4", "666dbfb6ec68962c033a450943ded891bed2d54e6755e35e5835d63f4f6931d5", 18252005, "x86_64"
        ),
        Wheel(
            *("tflite-runtime", "2.14.0", "195ab752e7e57329a68e54dd3dd5439fad888b9bff1be0f0dc042a3237a90e4d", 2414486),
            "x86_64",
        ),
    ),
}
"""Package sets. Older boards have tflite-runtime, which needs numpy 1 and so a separate folder; it is compared with its
x86-64 build, on hosts whose Python it has a build for."""


def pins_digest() -> str:
    """The installation folder's name, which changes with the pins: 12 hex digits of a SHA-256."""
    pins = {
        "layout": LAYOUT,
        "debian": DEBIAN,
        "python": PYTHON,
        "packages": [USERLAND_PACKAGES, HOST_PACKAGES],
        "sites": {site: [asdict(wheel) for wheel in wheels] for site, wheels in SITES.items()},
    }
    return hashlib.sha256(json.dumps(pins, sort_keys=True).encode()).hexdigest()[:12]
