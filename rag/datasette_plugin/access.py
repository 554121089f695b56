"""What differs between Datasette 0.65 and 1.0: who may see what, and nothing else."""

from __future__ import annotations

from typing import Any

TABLES = ("document", "passage")  # what somebody must be allowed to see to be shown passages


async def may_see(datasette: Any, actor: Any, database: str) -> bool:
    """Whether an actor may see the passages of an index."""
    if hasattr(datasette, "allowed"):  # 1.0
        from datasette.resources import TableResource

        for table in TABLES:
            if not await datasette.allowed(
                action="view-table", resource=TableResource(database=database, table=table), actor=actor
            ):
                return False
        return True
    for table in TABLES:
        wanted = [("view-table", (database, table)), ("view-database", database), "view-instance"]
        visible, _ = await datasette.check_visibility(actor, permissions=wanted)
        if not visible:
            return False
    return True
