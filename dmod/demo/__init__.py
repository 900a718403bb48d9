"""The demo: three gauged rivers, the parameters that fit them, and how those were found."""
