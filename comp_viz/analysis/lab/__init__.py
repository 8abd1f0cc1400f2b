"""The numbers of the Lab page: the best attainable accuracy and what is reached."""
