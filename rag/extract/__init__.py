"""
Batch extraction: documents to records that fit a schema, as rows of a job that can be stopped and goes on.

`run` is the job, `records` the same for a few documents without a database. The parts: `plan` says what is asked,
`windows` cuts and merges long documents, `form` holds replies to the schema, `evidence` finds where values stand,
`output` writes files.
"""

from rag.extract.form import Form, SchemaForm, Try
from rag.extract.plan import Example, Plan
from rag.extract.run import Progress, new_job, records, run

__all__ = ["Example", "Form", "Plan", "Progress", "SchemaForm", "Try", "new_job", "records", "run"]
