"""The numbers of the Overview page: what every part of the network does with one utterance."""
