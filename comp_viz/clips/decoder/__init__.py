"""The parts of the process that decodes a clip: imported by `decode_worker.py` alone, import nothing of ours but each other."""
