"""Pages for phones, made in the background of the server while a story begins."""

import gzip
import tempfile
from pathlib import Path

from comp_viz.background_job import BackgroundJob, Cancelled
from comp_viz.lecture.class_pages import ClassPages, story_key
from comp_viz.lecture.hall import Hall
from comp_viz.lecture.steps import lecture_steps
from comp_viz.report.live_figure.lecture import LectureFolder
from comp_viz.stories import Story

LEVEL = 6  # of compression; the blocks in them are compressed already


def make_class_pages(name: str, story: Story) -> ClassPages:
    """What phones are served of the story of that name. Raises `CompVizError` where its figures cannot be made."""
    command = f"comp-viz lecture {name} --out folder"
    lecture = LectureFolder(story.title, story.about, lecture_steps(story), command, hall=story_key(story))
    with tempfile.TemporaryDirectory(prefix="comp-viz-lecture-") as temporary:
        folder = Path(temporary) / "pages"
        lecture.write(folder)
        files = {
            path.relative_to(folder).as_posix(): gzip.compress(path.read_bytes(), LEVEL, mtime=0)
            for path in folder.rglob("*")
            if path.is_file()
        }
    return ClassPages(files, lecture.questions)


class PagesJob(BackgroundJob[None]):
    """The pages of a story, to be given to the hall."""

    kind = "making of pages for phones"

    def __init__(self, name: str, story: Story, hall: Hall) -> None:
        super().__init__(name)
        self.story, self.hall = story, hall

    @property
    def progress(self) -> None:
        """Not known."""
        return None

    def work(self) -> None:
        """Make them; what goes wrong is said to the class as well. Raises `Cancelled` at the end of the server."""
        self.state = "running"
        key = story_key(self.story)
        try:
            pages = make_class_pages(self.name, self.story)
        except Exception as error:  # whatever it is, phones are not to wait for ever
            self.hall.give_up(key, str(error))
            raise
        if self.stopping.is_set():
            raise Cancelled("The making of pages for phones was stopped.")
        self.hall.provide(key, pages)
