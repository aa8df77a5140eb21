"""Which first bytes are those of a container of video.

Sources: ISO/IEC 14496-12 (mp4, mov: a box `ftyp`, or in old files `moov`, `mdat`, `wide` or `free`), the AVI RIFF file
reference, RFC 9559 (Matroska and WebM: EBML), ISO/IEC 13818-1 (MPEG program and transport streams).
"""

from __future__ import annotations

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_EBML = b"\x1a\x45\xdf\xa3"
_PROGRAM = (b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
_TRANSPORT, _PACKET_BYTES = 0x47, 188
EXTENSIONS = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts")


def is_video(head: bytes) -> bool:
    """Whether a file that begins so is a container of video that edgeface hands to FFmpeg.

    Args:
        head: its first bytes, some hundred.
    """
    if counts_frames(head) or head.startswith((_EBML, *_PROGRAM)):
        return True
    packets = head[::_PACKET_BYTES][:4]
    return len(packets) > 2 and set(packets) == {_TRANSPORT}


def counts_frames(head: bytes) -> bool:
    """Whether the container says how many frames it has: mp4 and mov by their index, AVI in its header."""
    return head[4:8] in _BOXES or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
