"""The JSON API: what it says, keeps and pages, how it fails; and the whole of it against its description."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
import schemathesis
from hypothesis import HealthCheck
from serving import NOTES, Served

from rag.store import Database


def write(client, key: str, text: str, **more):
    return client.post("/api/documents", json={"documents": [{"key": key, "text": text, **more}]})


def test_search_gives_places_that_are_verbatim(served: Served) -> None:
    with served.client() as client:
        found = client.get("/api/search", params={"q": "turn on WAL mode", "explain": "true"}).json()
        hit = found["items"][0]
        assert hit["key"] == "wal.md"
        assert hit["source"] == "notes"
        assert hit["content"] == NOTES["wal.md"][hit["start"] : hit["end"]]
        assert hit["via"]["words"]["rank"] == 1
        part = client.get(f"/api/documents/{hit['document']}", params={"start": hit["start"], "end": hit["end"]}).json()
        assert part["text"] == hit["content"]
        assert part["length"] == len(NOTES["wal.md"])


def test_lists_are_paged_without_loss(served: Served) -> None:
    with served.client() as client:
        for path, name in (
            ("/api/documents", "id"),
            ("/api/changes", "version"),
            ("/api/search", "passage"),
        ):
            query = {"q": "the coffee"} if "search" in path else {}
            whole = [one[name] for one in client.get(path, params={**query, "size": 100}).json()["items"]]
            paged, cursor = [], ""
            while cursor is not None:
                page = client.get(path, params={**query, "size": 2, "cursor": cursor}).json()
                paged += [one[name] for one in page["items"]]
                cursor = page["next"]
            assert paged == whole
            assert len(whole) > 2


def test_a_document_is_written_changed_found_and_removed(served: Served) -> None:
    with served.owner as client:
        first = write(client, "ideas/garden", "Plant the heliotrope in May.", title="Garden", kind="markdown").json()
        number = first["documents"][0]["id"]
        assert first["documents"][0]["change"] == "added"
        again = write(client, "ideas/garden", "Plant the heliotrope in May.", title="Garden", kind="markdown").json()
        assert again["documents"] == [{"id": number, "key": "ideas/garden", "change": "unchanged"}]
        assert client.get("/api/search", params={"q": "heliotrope"}).json()["items"][0]["document"] == number
        changed = client.patch(f"/api/documents/{number}", json={"text": "Plant the agapanthus in June."}).json()
        assert changed["change"] == "changed"
        kept = client.get(f"/api/documents/{number}").json()
        assert (kept["title"], kept["text"], kept["writable"]) == ("Garden", "Plant the agapanthus in June.", True)
        assert client.delete(f"/api/documents/{number}").status_code == 204
        assert client.get(f"/api/documents/{number}").status_code == 404
        assert all(
            hit["document"] != number for hit in client.get("/api/search", params={"q": "agapanthus"}).json()["items"]
        )


def test_one_filter_holds_wherever_one_looks(served: Served) -> None:
    """Search, lists and answers take the same condition and tag; what cannot be read is said."""
    with served.owner as client:
        for key, meta in (("f/one", {"state": "draft", "tags": ["ship/mast"]}), ("f/two", {"state": "done"})):
            write(client, key, f"The marlinspike of {key} splices rope.", meta=meta)
        for given in ({"where": 'state = "draft"'}, {"tag": "ship"}, {"tag": "Ship/Mast", "where": "not state = 1"}):
            found = client.get("/api/search", params={"q": "marlinspike", **given}).json()["items"]
            assert {hit["key"] for hit in found} == {"f/one"}
            assert [row["key"] for row in client.get("/api/documents", params=given).json()["items"]] == ["f/one"]
            said = client.post("/api/ask", json={"question": "marlinspike", **given}).json()
            assert "f/two" not in str(said)
            assert "f/one" in str(said)
        for bad, message in (("state = draft", "where a value is wanted"), ("colour", "no document has a field")):
            for refused in (
                client.get("/api/search", params={"q": "x", "where": bad}),
                client.get("/api/documents", params={"where": bad}),
                client.post("/api/ask", json={"question": "x", "where": bad}),
            ):
                assert refused.status_code in (400, 422)
                assert message in refused.json()["error"]["message"]
    other = served.token("narrow", "read", sources=(str(served.database.parent / "notes"),))
    with served.client(other) as client:
        refused = client.get("/api/search", params={"q": "x", "where": "state"}).json()["error"]
        assert "no document has a field" in refused["message"]
        assert "state" not in refused["hint"]


def test_a_document_of_a_file_is_changed_in_its_file(served: Served) -> None:
    with served.owner as client:
        number = client.get("/api/documents", params={"words": "printer"}).json()["items"][0]["id"]
        for refused in (
            client.patch(f"/api/documents/{number}", json={"text": "x"}),
            client.delete(f"/api/documents/{number}"),
        ):
            assert refused.status_code == 409
            assert "changed there" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"documents": []}, 422),
        ({"documents": [{"key": " ", "text": "x"}]}, 422),
        ({"documents": [{"key": "a", "text": "  "}]}, 422),
        ({"documents": [{"key": "a", "text": "x", "colour": 1}]}, 422),
        ({"documents": [{"key": "a", "text": "x", "url": "javascript:alert(1)"}]}, 422),
        ({"documents": [{"key": "a", "text": "x"}], "source": "/etc"}, 422),
        ({"documents": [{"key": "a", "text": "a\u0000b"}]}, 422),
        (["x"], 422),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name(served: Served, body, status: int) -> None:
    with served.owner as client:
        refused = client.post("/api/documents", json=body)
        assert refused.status_code == status
        assert refused.json()["error"]["message"]


def test_bytes_that_are_no_json_are_refused(served: Served) -> None:
    with served.owner as client:
        for body in (b"{", b"\xff", b"NaN", b'{"question": NaN}', b"[" * 100_000):
            refused = client.post("/api/ask", content=body, headers={"content-type": "application/json"})
            assert refused.status_code in (400, 422)


def test_an_answer_is_logged_rated_shared_and_says_what_has_changed(served: Served) -> None:
    with served.owner as client:
        write(client, "boiler", "The boiler is serviced every September by Hofmann.", title="Boiler")
        answer = client.post("/api/ask", json={"question": "When is the boiler serviced?"}).json()
        number, cited = answer["id"], answer["citations"][0]
        assert cited["now"] == "same"
        assert cited["quote"] in "The boiler is serviced every September by Hofmann."
        assert client.put(f"/api/answers/{number}/thumb", json={"thumb": 1}).status_code == 204
        short = client.put(f"/api/answers/{number}/share").json()["short"]
        assert client.put(f"/api/answers/{number}/share").json()["short"] == short
        client.patch(f"/api/documents/{cited['id']}", json={"text": "The boiler was sold."})
        saved = client.get(f"/api/answers/{number}").json()
        assert saved["thumb"] == 1
        assert saved["citations"][0]["quote"] == cited["quote"]
        assert saved["citations"][0]["now"] == "changed"
    with served.client(follow_redirects=True, headers={"accept": "text/html"}) as anyone:
        page = anyone.get(f"/a/{short}")
        assert page.status_code == 200
        assert "has changed since" in page.text
    with served.owner as client:
        assert client.delete(f"/api/answers/{number}/share").status_code == 204
        assert client.get(f"/a/{short}").status_code == 404


def test_what_nothing_says_is_told_by_the_api_and_on_the_page(served: Served) -> None:
    with served.owner as client:
        write(client, "lamp", "The lamp of the cellar is checked every March by Hofmann.", title="Lamp")
        answer = client.post(
            "/api/ask", json={"question": "When is the lamp of the cellar checked by kubernetes?"}
        ).json()
        assert answer["unsaid"] == ["kubernetes"]
        page = client.get(f"/a/{answer['id']}", headers={"accept": "text/html"})
        assert "Nothing found says “kubernetes”." in page.text
        plain = client.post("/api/ask", json={"question": "When is the lamp of the cellar checked?"}).json()
        assert "unsaid" not in plain


def test_answers_that_helped_are_cases_of_a_suite(served: Served) -> None:
    with served.owner as client:
        good, bad = (
            client.post("/api/ask", json={"question": question}).json()["id"]
            for question in ("How many pages does the printer print?", "How fine is coffee ground?")
        )
        client.put(f"/api/answers/{good}/thumb", json={"thumb": 1})
        client.put(f"/api/answers/{bad}/thumb", json={"thumb": -1})
        found = client.get("/api/evaluations/cases").json()
        case = next(one for one in found["items"] if "printer" in one["question"])
        assert case["relevant"] == ["printer.md"]
        assert "How fine is coffee ground?" in found["unsettled"]
        lines = client.get("/evaluations/cases.jsonl").text.splitlines()
        assert [json.loads(line) for line in lines] == found["items"]


def test_documents_that_are_alike_are_topics(served: Served) -> None:
    subprocess.run([sys.executable, "-m", "rag", "cluster", "2", "-d", str(served.database), "-q"], check=True)
    with served.owner as client:
        topics = client.get("/api/topics").json()["items"]
        assert len(topics) == 2
        assert sum(one["size"] for one in topics) == client.get("/api/status").json()["documents"]
        whole = client.get(f"/api/topics/{topics[0]['number']}").json()
        assert len(whole["documents"]) == whole["size"]
        page = client.get("/topics").text
        assert all(f'href="/topics/{one["number"]}"' in page for one in topics)
        assert topics[0]["documents"][0]["key"] in client.get(f"/topics/{topics[0]['number']}").text
        drawn = client.get("/topics/map")
        assert "sandbox allow-scripts" in drawn.headers["content-security-policy"]
        assert client.get("/api/topics/999").status_code == 404
    limited = served.token("only notes", "read", sources=(str(served.database.parent / "notes"),))
    with served.client(limited) as client:
        assert client.get("/api/topics").status_code == 403  # they quote documents of every source


def test_a_conversation_goes_on(served: Served) -> None:
    with served.owner as client:
        first = client.post("/api/ask", json={"question": "How do I set up the printer?"}).json()
        second = client.post(
            "/api/ask", json={"question": "How many pages a minute?", "conversation": first["id"]}
        ).json()
        saved = client.get(f"/api/answers/{second['id']}").json()
        assert saved["conversation"] == first["id"]
        missing = client.post("/api/ask", json={"question": "And now?", "conversation": 10**9})
        assert missing.status_code == 200  # it begins one


def test_an_answer_can_be_watched(served: Served) -> None:
    names, data = [], {}
    with served.owner as client:
        headers = {"accept": "text/event-stream"}
        body = {"question": "How do I turn on WAL mode?"}
        with client.stream("POST", "/api/ask", json=body, headers=headers) as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            for line in reply.iter_lines():
                if line.startswith("event: "):
                    names.append(line[7:])
                elif line.startswith("data: "):
                    data[names[-1]] = json.loads(line[6:])
    assert names[:2] == ["waiting", "found"]
    assert names[-1] == "answer"
    assert data["answer"]["answerable"]
    assert data["found"]["items"][0]["key"] == "wal.md"


def test_many_ask_at_once_and_none_is_lost_or_wrong(served: Served) -> None:
    questions = {"How do I turn on WAL mode?": "wal.md", "How do I set up the printer?": "printer.md"}
    found: list[tuple[str, int, str]] = []

    def ask(question: str) -> None:
        with served.client(served.secret) as client:
            reply = client.post("/api/ask", json={"question": question, "log": False})
            cited = reply.json()["citations"][0]["document"] if reply.status_code == 200 else ""
            found.append((question, reply.status_code, cited))
            if reply.status_code == 429:
                assert int(reply.headers["retry-after"]) >= 1

    threads = [threading.Thread(target=ask, args=(list(questions)[n % 2],)) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 60
    assert {status for _, status, _ in found} <= {200, 429}
    good = [(question, cited) for question, status, cited in found if status == 200]
    assert len(good) >= 16
    assert all(questions[question] == cited for question, cited in good)


def test_a_client_that_goes_away_frees_its_place(served: Served) -> None:
    with served.owner as client:
        for _ in range(40):
            with client.stream(
                "POST", "/api/ask", json={"question": "printer"}, headers={"accept": "text/event-stream"}
            ):
                pass  # and away
        assert client.post("/api/ask", json={"question": "How do I set up the printer?"}).status_code == 200
        assert client.get("/api/status").json()["waiting"] == 0


def test_a_source_is_refreshed(served: Served) -> None:
    (served.database.parent / "notes" / "kiln.md").write_text("# Kiln\n\nFire the kiln at 1240 degrees.\n")
    with served.owner as client:
        before = client.get("/api/status").json()["version"]
        number = next(one["id"] for one in client.get("/api/sources").json()["items"] if one["name"] == "notes")
        done = client.post(f"/api/sources/{number}/refresh").json()
        assert (done["added"], done["removed"], done["problems"]) == (1, 0, [])
        changed = client.get("/api/changes", params={"since": before}).json()["items"]
        assert [(one["change"], one["key"]) for one in changed] == [("added", "kiln.md")]
        assert client.get("/api/search", params={"q": "fire the kiln"}).json()["items"][0]["key"] == "kiln.md"


def test_metrics_say_how_much_and_never_what(served: Served) -> None:
    with served.client() as client:
        client.get("/api/search", params={"q": "unmistakable"})
        told = client.get("/-/metrics").text
    assert 'rag_requests_total{method="GET",route="/api/search",status="200"}' in told
    assert "unmistakable" not in told


def test_evaluation_runs_and_jobs_can_be_read(served: Served) -> None:
    from rag.store import jobs, runs

    with Database(served.database) as db:
        number = runs.begin(db, runs.Run("suite", "system", "search", "f", {"k": 5}, {}, 2))
        runs.add(db, number, [runs.Row("a", "q", [], {"R@5": (1.0, 1.0)}), runs.Row("b", "q", [], {"R@5": (0.0, 1.0)})])
        runs.finish(db, number)
        job = jobs.begin(db, jobs.Job("h", {"type": "object"}, "s", "p", "ph", "smollm2", "f"))
        jobs.register(db, job, [jobs.Entry(0, "notes", "wal.md", "x")])
        jobs.save(db, job, [jobs.Result("x", "done", {"mode": "wal"})])
    with served.owner as client:
        run = client.get(f"/api/evaluations/{number}").json()
        assert run["scores"]["R@5"] == {"mean": 0.5, "cases": 2}
        assert client.get(f"/api/jobs/{job.id}").json()["done"] == 1
        rows = client.get(f"/api/jobs/{job.id}/rows").json()["items"]
        assert rows[0]["data"] == {"mode": "wal"}
        report = client.get(f"/evaluations/{number}/report")
        assert "sandbox allow-scripts; default-src 'none'" in report.headers["content-security-policy"]
        assert "R@5" in report.text
        refused = client.post("/api/jobs", json={"schema": "name"})
        assert "no model" in refused.json()["error"]["message"]


def test_the_whole_api_is_as_it_is_described(served: Served) -> None:
    """schemathesis draws requests, good and bad, and checks every reply against the description."""
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")

    for operation in schema.get_all_operations():
        run_operation(operation.ok(), served)


def run_operation(operation, served: Served) -> None:
    from hypothesis import given
    from hypothesis import settings as bound

    @given(case=operation.as_strategy())
    @bound(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def try_(case):
        # That a token is needed is tried in test_access.py: here every request carries one, also the check's own.
        excluded = [schemathesis.checks.ignored_auth]
        body = case.body if isinstance(case.body, dict) else {}
        if {"where", "tag"} & {*(case.query or {}), *body}:  # which conditions can be read, no schema says
            excluded.append(schemathesis.checks.positive_data_acceptance)
        case.call_and_validate(headers={"authorization": f"Bearer {served.secret}"}, excluded_checks=excluded)

    try_()


def test_numbers_beyond_all_counting_and_values_without_end_are_told_in_one_short_line(served: Served) -> None:
    huge = 10**30
    with served.owner as client:
        for path in (
            f"/api/documents/{huge}", f"/api/documents/{huge}/similar", f"/api/answers/{huge}", f"/api/jobs/{huge}",
            f"/api/jobs/{huge}/rows", f"/api/topics/{huge}", f"/api/evaluations/{huge}", f"/d/{huge}", f"/jobs/{huge}",
            f"/topics/{huge}", f"/evaluations/{huge}",
        ):  # fmt: skip
            assert client.get(path).status_code == 404, path
        assert client.delete(f"/api/documents/{huge}").status_code == 404
        sent = '{"documents": [{"key": "much", "text": "infinite", "meta": {"a": [1e400]}}]}'
        reply = client.post("/api/documents", content=sent, headers={"content-type": "application/json"})
        assert (reply.status_code, "JSON cannot hold" in reply.text) == (400, True)
        sent = '{"documents": [{"key": "much", "text": "no day", "date": "2024-99-99"}]}'
        reply = client.post("/api/documents", content=sent, headers={"content-type": "application/json"})
        assert (reply.status_code, "'2024-99-99' is not a date like" in reply.text) == (422, True)
        assert "much" not in client.get("/api/documents", params={"size": 100}).text
        for params, said in (
            ({"q": "a" * 7000}, "q: it has 7,000 characters, and 4,000 are the most"),
            ({"q": ""}, "q: it is empty"),
            ({"q": "a", "since": "tomorrow"}, "since: 'tomorrow' is not a date like 2024, 2024-03 or 2024-03-01"),
            ({"q": "a", "until": "2024-02-30"}, "until: '2024-02-30' is not a date like 2024, 2024-03 or 2024-03-01"),
        ):
            reply = client.get("/api/search", params=params)
            assert (reply.status_code, reply.json()["error"]["message"]) == (400, said)
