"""Where the rows of each image are in a cache's file: read once, block by block, and kept up with what is appended."""

from __future__ import annotations

from collections.abc import Mapping

from edgeface.core.grown_file import GrownFile
from edgeface.evaluation.cache_blocks import HEAD_BYTES, MAGIC, Rows, block_of, head_of, places_of, rows_in

_COUNT_BITS = 24
_CHUNK_BYTES = 1 << 22


class CacheIndex:
    """The places of rows, by part's key and image's digest: about 200 bytes for each.

    Args:
        file: a file that begins with `MAGIC`.

    Raises:
        ValueError: a block is damaged, which the last one cannot be: it was not written wholly then.
    """

    def __init__(self, file: GrownFile) -> None:
        self._file = file
        self._places: dict[bytes, dict[bytes, int]] = {}
        self._widths: dict[bytes, int] = {}
        self._end = len(MAGIC)
        self._read_on()
        self.unfinished = self._end < file.size

    def holds(self, part: bytes, image: bytes | None = None) -> bool:
        """Whether there are rows of an image, or of any."""
        places = self._places.get(part, {})
        return bool(places) if image is None else image in places

    def get(self, part: bytes, image: bytes) -> Rows | None:
        """Rows float32 [k,d], or None.

        Raises:
            ValueError: the file was cut since.
        """
        place = self._places.get(part, {}).get(image)
        if place is None:
            return None
        count, width = place & ((1 << _COUNT_BITS) - 1), self._widths[part]
        return rows_in(self._file.read(place >> _COUNT_BITS, 4 * count * width), count, width)

    def append(self, part: bytes, rows: Mapping[bytes, Rows]) -> None:
        """Write rows float32 [k,d] of one d, by image.

        Raises:
            ValueError: what other processes have written is damaged.
            WriteError: the file cannot be written.
        """
        self._file.append(block_of(part, rows), self._read_on)
        self._read_on()

    def _read_on(self) -> int:
        """Learn the blocks that are new; where whole ones end."""
        size = self._file.size
        while self._end + HEAD_BYTES <= size and self._read_block(size):
            pass
        return self._end

    def _read_block(self, size: int) -> bool:
        """Learn the next block; False if it was not written wholly."""
        at = self._end + HEAD_BYTES
        head = head_of(self._file.read(self._end, HEAD_BYTES))
        if head is None:
            if self._is_empty(at, size):
                return False
            raise ValueError("a block does not begin as it must")
        end = at + head.content_bytes
        if end > size:
            return False
        content = self._file.read(at, head.content_bytes)
        if not head.fits(content):
            if end == size:
                return False
            raise ValueError("a block's checksum is wrong")
        if self._widths.setdefault(head.part, head.width) != head.width:
            raise ValueError("a part has rows of several lengths")
        places = self._places.setdefault(head.part, {})
        for image, start, count in places_of(head, content):
            places[image] = (at + start) << _COUNT_BITS | count
        self._end = end
        return True

    def _is_empty(self, start: int, size: int) -> bool:
        """Whether only zeros are left: a system that lost power may leave them."""
        return not any(any(self._file.read(at, _CHUNK_BYTES)) for at in range(start, size, _CHUNK_BYTES))
