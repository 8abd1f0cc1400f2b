#!/usr/bin/env bash
# Guess: where PyAV's `VideoFrame.rotation` says -180, the picture is stored upside down, and turning it by half a turn shows it right.
# Behaviour: a track whose display matrix only swaps left and right, [-1 0 0 1], as front cameras and editors write it, gives the
#   same -180 as one that is turned by half a turn, [-1 0 0 -1]; and one that swaps top and bottom, [1 0 0 -1], gives 0. The mirror
#   is told by the sign of the matrix' determinant alone, which is in the frame's side data.
# Versions: av 18.1.0 (FFmpeg 8.1), numpy 2.4.6, Python 3.11.
# For users: whoever turns pictures by `rotation` shows people of a mirrored video upside down, where no face is found, or a wrong one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'P'
import struct

import av
import numpy as np


def rotation(matrix):
    """What PyAV says of an mp4 whose track header holds this matrix, and the matrix that it keeps beside the frame."""
    with av.open("a.mp4", "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    data = bytearray(open("a.mp4", "rb").read())
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    open("a.mp4", "wb").write(data)
    with av.open("a.mp4") as container:
        frame = next(container.decode(video=0))
        a, b, _, c, d, *_ = struct.unpack("=9i", bytes(frame.side_data.get("DISPLAYMATRIX"))[:36])
        return frame.rotation, a * d - b * c > 0


seen = {name: rotation(matrix) for name, matrix in {
    "left and right swapped": (-1, 0, 0, 1), "half a turn": (-1, 0, 0, -1), "top and bottom swapped": (1, 0, 0, -1),
}.items()}
for name, (degrees, positive) in seen.items():
    print(f"{name}: rotation {degrees}, determinant {'positive' if positive else 'negative'}")
assert abs(seen["left and right swapped"][0]) == abs(seen["half a turn"][0]) == 180, "the behaviour has changed"
assert seen["top and bottom swapped"][0] == 0, "the behaviour has changed"
assert [positive for _, positive in seen.values()] == [False, True, False], "the behaviour has changed"
P
# Output seen:
# left and right swapped: rotation -180, determinant negative
# half a turn: rotation -180, determinant positive
# top and bottom swapped: rotation 0, determinant negative
