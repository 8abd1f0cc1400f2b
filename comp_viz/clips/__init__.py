"""From a clip of someone talking to a conversation: decoding, utterances, features, and why a modality is missing."""
