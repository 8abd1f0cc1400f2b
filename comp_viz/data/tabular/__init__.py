"""Parquet and Arrow tables that others made, read with everything that is missing or faulty in them noted."""
