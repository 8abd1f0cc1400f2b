"""A decoded picture in the colours that an ordinary screen shows: matrix, range, and high dynamic range."""

from typing import Any

import av
from av.video.reformatter import VideoReformatter
from PIL import Image

BT709, UNSPECIFIED = 1, 2  # as matrix, as curve and as primaries
HDR = {16: "PQ", 18: "HLG"}  # curves of brightness beyond what ordinary screens show
WIDE, TALL = 1280, 576  # pictures beyond these are of HD where their matrix is not stated, as players take it


class Colours:
    """Scales pictures and gives them as red, green and blue."""

    def __init__(self) -> None:
        self.scaler, self.mapper = VideoReformatter(), VideoReformatter()
        self.curve = ""  # of high dynamic range, where pictures had one

    def picture(self, frame: Any, width: int, height: int) -> Image.Image:
        """The frame at this size."""
        matrix = frame.colorspace
        if matrix == UNSPECIFIED and (frame.width >= WIDE or frame.height > TALL):
            matrix = BT709
        if frame.color_trc not in HDR:
            return image_of(self.scaler.reformat(frame, width, height, "rgb24", src_colorspace=matrix))
        self.curve = HDR[frame.color_trc]
        curve, primaries = frame.color_trc, frame.color_primaries
        deep = self.scaler.reformat(frame, width, height, "rgb48le", src_colorspace=matrix)
        # A frame of its own, since FFmpeg works its table out anew (seconds) whenever a frame's metadata differ.
        bare = av.VideoFrame.from_ndarray(deep.to_ndarray(), "rgb48le")
        bare.color_trc, bare.color_primaries = curve, 9 if primaries == UNSPECIFIED else primaries
        return image_of(
            self.mapper.reformat(bare, format="rgb24", dst_color_trc=BT709, dst_color_primaries=BT709, threads=1)
        )


def image_of(frame: Any) -> Image.Image:
    """An image of red, green and blue."""
    return Image.fromarray(frame.to_ndarray())
