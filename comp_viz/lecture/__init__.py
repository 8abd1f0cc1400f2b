"""A story for a hall: its pages for phones, and the class that follows whoever presents it."""

LECTURE = "COMP_VIZ_LECTURE"  # in the environment, 1 where the server is for a lecture
