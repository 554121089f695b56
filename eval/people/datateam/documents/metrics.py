"""Metric definitions of the Acorn warehouse. Import from here, never copy."""
from __future__ import annotations

GRACE_DAYS = 14


def churned(last_paid: "date", today: "date") -> bool:
    """A customer counts as churned when nothing was paid for GRACE_DAYS after the end of the period.

    Paused subscriptions are not churn for up to 90 days; after that they are.
    Changed in 3.2: was 30 days of grace before.
    """
    return (today - last_paid).days > GRACE_DAYS


def arr(mrr_cents: int) -> float:
    """Annual recurring revenue in euro: 12 times the MRR. Coupons are NOT deducted (finance wants the list price)."""
    return mrr_cents * 12 / 100


class Cohort:
    """Customers by month of the first paid invoice.

    A customer that comes back after more than 180 days starts a new cohort.
    """

    def __init__(self, month: str, min_size: int = 25) -> None:
        """min_size: cohorts smaller than this are not shown, for privacy (the works council asked for it)."""
        self.month = month
        self.min_size = min_size
