"""How a picture lies: the shape of its pixels, and how it is turned or mirrored to be shown. The one place that knows."""

import struct
from dataclasses import dataclass
from typing import Any

from PIL import Image


@dataclass(frozen=True)
class Upright:
    """What brings a coded picture to how players show it."""

    aspect: float = 1.0  # width of a pixel over its height, as coded
    turned: bool = False  # rows become columns
    flip_x: bool = False  # after that, left becomes right
    flip_y: bool = False  # and top becomes bottom

    @property
    def mirrored(self) -> bool:
        """Whether the picture is shown as in a mirror of what is stored: the determinant of its matrix is negative."""
        return self.turned ^ self.flip_x ^ self.flip_y

    @property
    def rotation(self) -> int:
        """Degrees anticlockwise that the picture is turned by; where it is mirrored, after its left and right are swapped."""
        if not self.turned:
            return 180 if self.flip_y else 0
        return 270 if self.flip_x else 90

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height as shown, of a picture coded with so many pixels."""
        shown = max(1, round(width * self.aspect)), height
        return (shown[1], shown[0]) if self.turned else shown

    def apply(self, picture: Image.Image) -> Image.Image:
        """The picture as it is shown; its pixels are square already."""
        if self.turned:
            picture = picture.transpose(Image.Transpose.TRANSPOSE)
        if self.flip_x:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if self.flip_y:
            picture = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        return picture


def upright(frame: Any, aspect: float) -> Upright:
    """How a decoded picture lies: by its display matrix, and the shape of pixels that its stream or codec gives."""
    a, b, c, d = display_matrix(frame)
    if abs(a) + abs(d) >= abs(b) + abs(c):  # nearest quarter turn
        return Upright(aspect, False, a < 0, d < 0)
    return Upright(aspect, True, c < 0, b < 0)


def display_matrix(frame: Any) -> tuple[int, int, int, int]:
    """The four numbers that turn and mirror: (x, y) is shown at (a x + c y, b x + d y), y counted downwards."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None or len(bytes(data)) < 36:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data)[:36])
    return (a, b, c, d) if a * d - b * c else (1, 0, 0, 1)


class PixelShape:
    """The shape of pixels along a stream. PyAV's frames do not carry it; the stream and its codec do."""

    def __init__(self, video: Any) -> None:
        self.codec = video.codec_context if video else None
        self.stated = (
            video.sample_aspect_ratio if video else None
        )  # by the container where it states one, else by the codec
        self.by_container = bool(self.stated and self.codec and self.stated != self.codec.sample_aspect_ratio)

    def now(self) -> float:
        """Width of a pixel over its height, in the picture decoded last."""
        ratio = self.stated
        if self.codec and not self.by_container:
            ratio = self.codec.sample_aspect_ratio or self.stated
        aspect = float(ratio) if ratio else 1.0
        return aspect if 0.1 < aspect < 10 else 1.0
