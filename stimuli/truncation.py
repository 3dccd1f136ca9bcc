"""Tell an audio file that was cut off, where libsndfile decodes what is left without a word.

It stops at a damaged FLAC frame by itself; of WAV and Ogg files it takes what length there is.
"""

from __future__ import annotations

from pathlib import Path

UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # written by streaming encoders and by RF64
OGG_MAX_PAGE_BYTES = 65_307  # RFC 3533 §6: 27 + 255 + 255 · 255
OGG_HEADER_BYTES = 27
OGG_END_OF_STREAM = 4


def is_truncated(path: Path) -> bool:
    """Whether a WAV file is shorter than its header says, or an Ogg stream has no end.

    Files of other kinds, and WAV files that leave their length open, are never called truncated.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] == b"RIFF":
            return _riff_is_short(head, size)
        if head[:4] == b"OggS":
            file.seek(max(0, size - 2 * OGG_MAX_PAGE_BYTES))
            return not _ends_the_stream(file.read())
    return False


def _riff_is_short(head: bytes, size: int) -> bool:
    declared = int.from_bytes(head[4:8], "little")
    return declared not in UNKNOWN_SIZES and declared + 8 > size


def _ends_the_stream(tail: bytes) -> bool:
    """Whether some whole page in the last bytes of an Ogg file ends its stream (RFC 3533 §6)."""
    start = tail.find(b"OggS")
    while start >= 0:
        header = tail[start : start + OGG_HEADER_BYTES]
        if len(header) == OGG_HEADER_BYTES and header[5] & OGG_END_OF_STREAM:
            table = tail[start + OGG_HEADER_BYTES :][: header[26]]
            whole = OGG_HEADER_BYTES + header[26] + sum(table)
            if len(table) == header[26] and start + whole <= len(tail):
                return True
        start = tail.find(b"OggS", start + 1)
    return False
