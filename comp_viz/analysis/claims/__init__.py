"""The paper's claims: one primary test each, its effect with an interval, and the verdict that follows by rule."""
