"""Results of the Lecture page: what a class guesses, and what is true."""
