"""From what a schema says to grammar rules."""
