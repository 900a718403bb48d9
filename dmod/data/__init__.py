"""Datasets: what they hold, where they lie, and which of them a job needs."""
