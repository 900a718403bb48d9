"""What reads the domain of files: a module for each format, named in `dmod.data.format`."""
