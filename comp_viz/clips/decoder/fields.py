"""Pictures of two fields, as television and tape make them: the first field is shown whole, without the comb of the second."""

from fractions import Fraction
from typing import Any

import av

FILTER = ("w3fdif", "mode=frame:deint=all")  # fills the lines of the other field in from those above and below


def deinterlaced(frame: Any) -> Any:
    """The picture at the moment of its first field; one that is not interlaced as it is."""
    if not frame.interlaced_frame:
        return frame
    graph = av.filter.Graph()
    tick = frame.time_base or Fraction(1, av.time_base)
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=tick)
    fields, end = graph.add(*FILTER), graph.add("buffersink")
    source.link_to(fields)
    fields.link_to(end)
    graph.configure()
    graph.push(frame)
    graph.push(None)
    picture: Any = graph.pull()
    picture.colorspace, picture.color_range = frame.colorspace, frame.color_range
    picture.color_trc, picture.color_primaries = frame.color_trc, frame.color_primaries
    return picture
