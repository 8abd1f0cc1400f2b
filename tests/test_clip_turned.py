"""Pictures that the file asks to be turned come out upright, the right way round."""

import struct
from pathlib import Path

import numpy as np
import pytest
from clip_files import av

from comp_viz.clips.decode import decode


def turned(path: Path, quarter: int = 1) -> Path:
    """Write a rotation by quarters clockwise, as phones do, into the track header of an mp4."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # the matrix, after version, times, ids and volume
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter]
    struct.pack_into(">9i", data, at, cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_turned_by_quarters(tmp_path, quarter):
    path = tmp_path / "a.mp4"
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255  # the upper left is white
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    media = decode(turned(path, quarter), tmp_path / "media")
    expected = np.rot90(picture, -quarter)
    got = media.pictures([0])[0]
    assert got.shape == expected.shape
    assert np.abs(got.astype(int) - expected).mean() < 30
