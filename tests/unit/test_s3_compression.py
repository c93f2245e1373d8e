"""Contents as they are stored: compression, digests, limits, damage."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
import zstandard

from crossfade.errors import DamagedObject, ObjectTooLarge, Unmappable
from crossfade.s3.compression import SPOOL_BYTES_MAX, Spool, Unpacker, pack, unpack

LIMIT = 1024**2


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def noise(size: int) -> bytes:
    """The same bytes each time, which do not compress."""
    return hashlib.shake_256(b"noise").digest(size)


def frame(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


@pytest.mark.parametrize("text", ["", "a", "Würfel 🎲 \u202e", "\x00\r\n", "ä" * 200_000])
def test_a_text_comes_back_exactly(text: str) -> None:
    packed = pack(text, LIMIT)

    assert isinstance(packed.stored, bytes)
    assert packed.digest == sha256(text.encode())
    assert packed.plain_bytes == len(text.encode())
    assert unpack(packed.stored, packed.digest, LIMIT) == text


def test_the_limit_counts_bytes_and_admits_exactly_itself() -> None:
    assert pack("ä" * 5, 10).plain_bytes == 10

    with pytest.raises(ObjectTooLarge) as raised:
        pack("ä" * 5 + "a", 10)

    assert (raised.value.plain_bytes, raised.value.plain_bytes_max) == (11, 10)


def test_a_lone_surrogate_is_refused_without_quoting_the_content() -> None:
    with pytest.raises(Unmappable, match="lone surrogate") as raised:
        pack("secret \ud800", LIMIT)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (b"", "truncated"),
        (b"plain text, not compressed at all", "not valid zstd"),
        (frame(b"x" * 5000)[:-1], "truncated"),
        (frame(b"x" * 5000) + b"more", "bytes after its zstd frame"),
        (frame(b"x" * 5000) + frame(b"y"), "bytes after its zstd frame"),
        (frame(b"y" * 5000), "another digest than its key"),
    ],
    ids=[
        "empty",
        "plain",
        "truncated",
        "trailing",
        "two frames",
        "other content",
    ],
)
def test_what_is_not_the_named_content_is_damaged(stored: bytes, reason: str) -> None:
    with pytest.raises(DamagedObject, match=reason):
        unpack(stored, sha256(b"x" * 5000), LIMIT)


def test_one_flipped_bit_is_noticed_wherever_it_is() -> None:
    """Most flips break the frame; the digest catches those that only change what it holds."""
    content = noise(300).hex()
    packed = pack(content, LIMIT)
    assert isinstance(packed.stored, bytes)
    unnoticed = []

    for position in range(len(packed.stored)):
        stored = bytearray(packed.stored)
        stored[position] ^= 1
        with suppress(DamagedObject):
            assert unpack(bytes(stored), packed.digest, LIMIT) == content
            unnoticed.append(position)
    assert len(unnoticed) <= 1, "one bit of the header is not used"


def test_a_bomb_is_given_up_at_the_limit() -> None:
    """A kilobyte of it claims megabytes; no more than one step is ever held."""
    bomb = frame(b"\0" * 256 * 1024**2)
    assert len(bomb) < 16_000
    unpacker = Unpacker(sha256(b""), LIMIT)

    with pytest.raises(DamagedObject, match="holds more than 1048576 bytes"):
        list(unpacker.feed(bomb))


def test_a_frame_that_demands_a_huge_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    stored = compressor.compress(b"x" * 100) + compressor.flush()

    with pytest.raises(DamagedObject, match="not valid zstd"):
        unpack(stored, sha256(b"x" * 100), LIMIT)


def test_bytes_that_are_no_text_are_named_as_such() -> None:
    with pytest.raises(DamagedObject, match="not UTF-8"):
        unpack(frame(b"\xff\xfe"), sha256(b"\xff\xfe"), LIMIT)


@pytest.mark.parametrize("piece_bytes", [1, 7, 1024, 100_000])
def test_pieces_of_any_size_make_the_same_content(piece_bytes: int) -> None:
    content = noise(20_000).hex().encode()
    pieces = [content[start : start + piece_bytes] for start in range(0, len(content), piece_bytes)]

    with Spool(LIMIT) as spool:
        for piece in pieces:
            spool.write(piece)
        packed = spool.finish()

    assert isinstance(packed.stored, bytes)
    assert packed.digest == sha256(content)
    unpacker = Unpacker(packed.digest, LIMIT)
    read = b"".join(
        plain
        for start in range(0, len(packed.stored), piece_bytes)
        for plain in unpacker.feed(packed.stored[start : start + piece_bytes])
    )
    unpacker.finish()
    assert read == content


def test_a_large_content_is_handed_out_from_disk() -> None:
    content = noise(SPOOL_BYTES_MAX + 1)

    with Spool(2 * len(content)) as spool:
        spool.write(content)
        packed = spool.finish()
        assert not isinstance(packed.stored, bytes)
        stored = b"".join(packed.stored)

    assert zstandard.ZstdDecompressor().decompressobj().decompress(stored) == content


def test_a_spool_stops_at_the_limit() -> None:
    with Spool(10) as spool:
        spool.write(b"x" * 10)
        with pytest.raises(ObjectTooLarge):
            spool.write(b"x")


def test_a_piece_behind_the_end_is_noticed() -> None:
    stored = frame(b"x" * 5000)
    unpacker = Unpacker(sha256(b"x" * 5000), LIMIT)
    assert sum(map(len, unpacker.feed(stored))) == 5000

    with pytest.raises(DamagedObject, match="bytes after its zstd frame"):
        list(unpacker.feed(b"more"))
