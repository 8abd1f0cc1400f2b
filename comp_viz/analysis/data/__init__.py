"""The numbers of the Data page: the conversations of a data set, and the linear probe of its modalities."""
