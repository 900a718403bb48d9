"""What dmod does with a Docker Engine; the only package that imports Docker's clients."""
