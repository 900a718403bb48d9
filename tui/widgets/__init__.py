"""What screens are made of: a table, lines to read, a log that grows, a header, a footer, a prompt."""
