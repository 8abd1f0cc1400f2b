"""Cached calls that several pages share."""
