"""A thread of a hundred comments, about five things, with people who disagree: what `rag themes` is tried on."""

from __future__ import annotations

import random
from typing import Any

SAID = {
    "backups": [
        "A backup that was never restored is not a backup, it is a hope.",
        "We restore last night's dump into a spare machine every morning, and a script counts the rows.",
        "Copying the database file while the server writes to it gives you a torn copy.",
        "Snapshots of the disk saved us twice, dumps never did.",
        "Keep one copy in another building, because fire does not care about your replicas.",
        "Replication is no backup: it deletes on both sides within a second.",
    ],
    "price": [
        "The managed service costs us four times what the two machines did.",
        "Nobody counts the salary of the person who gets up at night to fix the cheap server.",
        "Egress is where the bill comes from, not the disks.",
        "We left the cloud in March and paid back the hardware by autumn.",
        "For a small shop twenty dollars a month is cheaper than any hour of mine.",
        "Reserved instances cut our invoice in half, if you can plan a year ahead.",
    ],
    "indexes": [
        "Most slow queries I was called for lacked an index on the column in the where clause.",
        "Every index makes each insert slower, so we drop those that no query plan shows.",
        "A partial index on open orders is a hundredth of the size and just as quick.",
        "Look at the query plan before you add another index.",
        "Covering indexes let the planner skip the table entirely.",
        "The planner ignored our index until we ran analyze.",
    ],
    "migrations": [
        "Renaming a column under load took our site down for nine minutes.",
        "Add the new column, write to both, switch the reads, drop the old one a week later.",
        "Our migrations run in a transaction, so a failed one leaves nothing behind.",
        "I number the migration files by date, or two branches collide.",
        "Down migrations are never tested and never work when you need them.",
        "A lock timeout of two seconds on every migration keeps the queue short.",
    ],
    "sqlite": [
        "SQLite serves our whole intranet from one file and nobody has noticed.",
        "One writer at a time is plenty for a shop with forty orders a day.",
        "With the write-ahead log readers never wait for the writer.",
        "The test suite of SQLite is longer than our entire product.",
        "An embedded database needs no port, no password and no pager.",
        "I ship the database as a file in the release archive.",
    ],
}
AGAINST = [
    "I disagree, that has not been my experience at all in ten years.",
    "That's not true: we measured it, and it was the other way round.",
    "No, you are confusing two different things here.",
]
ODD = "My grandmother keeps her recipes in a shoe box, and finds each of them faster than your cluster does."


def thread(comments: int = 100, seed: int = 4) -> dict[str, Any]:
    """A Hacker News item: every comment has an author of forty, an address of its own, and answers below it."""
    rng = random.Random(seed)
    people = [f"user{number}" for number in range(40)]
    listed: list[dict[str, Any]] = []
    topics: dict[int, str] = {}
    for number in range(2, comments + 2):
        topic = rng.choice(list(SAID))
        parent = rng.choice(listed) if listed and rng.random() < 0.4 else None
        text = " ".join(rng.sample(SAID[topic], 2))
        author = rng.choice(people)
        if parent and author != parent["author"]:
            topic = topics[parent["id"]]
            text = " ".join(rng.sample(SAID[topic], 2))
            if rng.random() < 0.3:
                text = f"{rng.choice(AGAINST)} {rng.choice(SAID[topic])}"
        if number == 50:
            text, parent = ODD, None
        one = {
            "id": number,
            "author": author,
            "text": text.replace("'", "&#x27;"),
            "children": [],
            "parent_id": parent["id"] if parent else 1,
            "created_at": f"2024-03-01T10:{number % 60:02}:00Z",
        }
        topics[number] = topic
        (parent["children"] if parent else listed).append(one)
        if parent:
            listed.append(one)
    top = [one for one in listed if one["parent_id"] == 1]
    return {"id": 1, "author": "asker", "title": "Ask: how do you run your database?", "text": "", "children": top,
            "created_at": "2024-03-01T10:00:00Z"}  # fmt: skip
