"""The dashboard: what `dmod dashboard` shows, over the same queue and stores as the command line."""
