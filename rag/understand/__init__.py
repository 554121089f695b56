"""
What a collection says as a whole: quotations checked, duplicates, clusters, themes, differences.

Each module is one craft over plain texts and vectors; what is read from an index, and where a result goes, is the
business of `rag.app`. Nothing here opens a file, writes SQL or prints.
"""
