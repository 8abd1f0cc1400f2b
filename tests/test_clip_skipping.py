"""Pictures that are neither kept nor needed are not decoded, and what is kept is the same."""

from fractions import Fraction

import numpy as np
import pytest
from clip_files import av

from comp_viz.clips.decoder.clock import read_clock
from comp_viz.clips.decoder.pictures import Pictures
from comp_viz.clips.decoder.skipping import Skipping
from comp_viz.clips.one_thread import one_blas_thread, one_torch_thread

LIMITS = {"rate": 5.0, "pictures": 1500, "seconds": 600.0, "side": 720, "pixels": 4096 * 2304}


def moving_clip(path, **options: str):
    """Three seconds of H.264 at 30 pictures a second, a bar that moves over noise."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for i in range(90):
            picture = rng.integers(0, 60, (48, 64, 3), np.uint8)
            picture[:, i * 56 // 90 : i * 56 // 90 + 8] = 220
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def kept_pictures(path, tmp_path, skip: bool, lost: int | None = None) -> tuple[list[float], bytes, int]:
    """Times and content of what is kept, and how many pictures were decoded; packet `lost` never reaches the decoder."""
    with av.open(str(path)) as container, (tmp_path / "kept").open("wb") as file:
        video = container.streams.video[0]
        clock = read_clock(container, [video])
        container.seek(0)
        viewer = Pictures(file, LIMITS, clock.length)
        viewer.begin(0.0, video)
        skipping, decoded = Skipping(video, clock, viewer), 0
        for number, packet in enumerate(container.demux(video)):
            if skip and packet.size:
                skipping.before()
            if number == lost:
                continue
            for frame in packet.decode():
                decoded += 1
                skipping.after(frame)
                viewer.take(frame, 30.0)
    return viewer.times, (tmp_path / "kept").read_bytes(), decoded


FORMS = {
    "B pictures": {"x264-params": "bframes=3:b-adapt=0:b-pyramid=0:scenecut=0"},
    "none": {"bf": "0"},
    "interlaced": {"flags": "+ildct+ilme", "x264-params": "tff=1"},
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_pictures_are_kept_whether_others_are_skipped_or_not(tmp_path, form):
    path = moving_clip(tmp_path / "clip.mp4", **FORMS[form])
    times, content, decoded = kept_pictures(path, tmp_path, skip=True)
    wanted_times, wanted, whole = kept_pictures(path, tmp_path, skip=False)
    assert (times, content) == (wanted_times, wanted)
    assert len(times) == 15
    assert whole == 90
    assert (decoded < 60) if form == "B pictures" else (decoded > 80)


def test_where_a_picture_that_is_due_is_lost_the_next_is_taken(tmp_path):
    path = moving_clip(tmp_path / "clip.mp4", **FORMS["B pictures"])
    with av.open(str(path)) as container:
        shown = [packet.pts * packet.time_base for packet in container.demux(video=0) if packet.size]
    lost = shown.index(Fraction(6, 5))
    times, _, _ = kept_pictures(path, tmp_path, skip=True, lost=lost)
    assert np.diff(times).max() < 0.4 + 1 / 30
    assert len(times) >= 14


def test_threads_are_fewer_only_meanwhile():
    import torch
    from threadpoolctl import threadpool_info, threadpool_limits

    def blas() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    torch_threads = torch.get_num_threads()
    with threadpool_limits(2, "blas"):
        before = blas()
        with one_blas_thread():
            with one_blas_thread(), one_torch_thread():
                assert set(blas()) == {1}
                assert torch.get_num_threads() == 1
            assert set(blas()) == {1}  # as long as any work is under way
        assert blas() == before
    assert torch.get_num_threads() == torch_threads
