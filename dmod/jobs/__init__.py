"""What a job is: its spec, its kind, its status; no input or output here."""
