"""Datasets in an object store: one bucket for a deployment, a folder of keys for each dataset."""
