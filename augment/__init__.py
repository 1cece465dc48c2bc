"""Random variations of labelled windows: an endless, seeded stream of batches."""
