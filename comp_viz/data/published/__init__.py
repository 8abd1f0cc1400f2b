"""The published layout of GCNet, MoMKE and ComP: pickled label files beside folders of feature files."""
