"""
Evaluation as every face runs it: a suite from its file, systems made from its settings, runs, baselines, TREC files.

`settings` says what a suite may set, `corpora` indexes what is searched; `reading`, `writing` and `foreign` make
systems, `factory` finds the one that is meant, `run` runs them. Measures and runs are the business of `rag.evaluate`.
"""
