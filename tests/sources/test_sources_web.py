"""Feeds and sites from a real server on this machine; and that nothing but public addresses is fetched unasked."""

import gzip
import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.sources import Walk
from rag.sources.fetch import Fetcher, FetchError, public
from rag.sources.settings import Settings
from rag.sources.web import web


class Site:
    """A server whose pages a test sets: path -> (status, type, body); it remembers what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, bytes]] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, int]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = site.pages.get(self.path, (404, "text/plain", b""))
                tag = f'"{hash(body)}"'
                if status == 200 and self.headers.get("If-None-Match") == tag:
                    status, body = 304, b""
                site.asked.append((self.path, status))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("ETag", tag)
                more = site.headers.get(self.path, {})
                if "Content-Length" not in more and status != 304:
                    self.send_header("Content-Length", str(len(body)))
                for name, value in more.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def html(self, path: str, text: str) -> None:
        self.pages[path] = (200, "text/html; charset=utf-8", f"<html><body><p>{text}</p></body></html>".encode())

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def walk(site: Site, *paths: str, cursor: str = "", full: bool = False) -> Walk:
    given = tuple(site.url + path if not Path(path).is_file() else path for path in paths)
    return web(Settings(given, allow_private=True, delay=0), "s", cursor=cursor, full=full)


class Kept:
    """What an index does with a walk."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[str, str]] = {}
        self.cursor = ""
        self.problems: list[tuple[str, str]] = []

    def run(self, site: Site, *paths: str, full: bool = False) -> int:
        found = walk(site, *paths, cursor=self.cursor, full=full)
        given, read, problems = set(), 0, []
        for item in found:
            given.add(item.key)
            if self.stored.get(item.key, ("",))[0] == item.stamp:
                continue
            try:
                (document,) = item.read()
            except InputError as error:
                problems.append((item.key, error.message))
                continue
            self.stored[item.key] = item.stamp, document.text
            read += 1
        for key in found.gone([key for key in self.stored if key not in given]):
            del self.stored[key]
        self.cursor, self.problems = found.cursor, [*found.problems, *problems]
        return read

    def texts(self, site: Site) -> dict[str, str]:
        return {key.removeprefix(site.url): text for key, (_, text) in self.stored.items()}


def sitemap(site: Site, *pages: str) -> bytes:
    listed = "".join(f"<url><loc>{site.url}{page}</loc></url>" for page in pages)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'.encode()


def test_a_site_is_read_by_its_sitemap_and_only_changes_again(site: Site) -> None:
    inner = f"<sitemapindex><sitemap><loc>{site.url}/s.xml.gz</loc></sitemap></sitemapindex>"
    site.pages["/sitemap.xml"] = (200, "application/xml", inner.encode())
    site.pages["/s.xml.gz"] = (200, "application/gzip", gzip.compress(sitemap(site, "/a", "/b")))
    site.html("/a", "Page a é.")
    site.html("/b", "Page b.")
    kept = Kept()
    assert kept.run(site, "/sitemap.xml") == 2
    site.html("/b", "Page b changed.")
    site.asked.clear()
    assert kept.run(site, "/sitemap.xml") == 1
    assert [entry for entry in site.asked if entry[0] in ("/a", "/b")] == [("/a", 304), ("/b", 200)]
    assert kept.texts(site) == {"/a": "Page a é.", "/b": "Page b changed."}
    site.pages["/s.xml.gz"] = (200, "application/gzip", gzip.compress(sitemap(site, "/b")))
    assert kept.run(site, "/sitemap.xml") == 0
    assert kept.texts(site) == {"/b": "Page b changed."}


def test_a_server_that_falls_ill_half_way_costs_nothing(site: Site) -> None:
    site.pages["/sitemap.xml"] = (200, "application/xml", sitemap(site, "/a", "/b", "/c", "/d"))
    for page in "abcd":
        site.html(f"/{page}", f"Page {page}.")
    kept = Kept()
    kept.run(site, "/sitemap.xml")
    site.pages["/b"] = (500, "text/html", b"oops")
    site.pages["/c"] = (404, "text/html", b"")
    site.html("/d", "Page d changed.")
    kept.run(site, "/sitemap.xml")
    assert kept.texts(site) == {"/a": "Page a.", "/b": "Page b.", "/d": "Page d changed."}
    assert kept.problems == [(f"{site.url}/b", f"{site.url}/b answered 500 Internal Server Error")]


def test_a_page_that_was_fetched_but_not_stored_is_fetched_again(site: Site) -> None:
    site.html("/a", "Page.")
    first = walk(site, "/a")
    assert len(list(first)) == 1
    (item,) = walk(site, "/a", cursor=first.cursor)
    assert site.asked[-1] == ("/a", 304)
    assert item.read()[0].text == "Page."


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Blog</title><item><title>One &amp; only</title><link>https://x.org/1</link><guid>urn:g:1</guid>
<pubDate>Fri, 01 Mar 2024 10:00:00 GMT</pubDate><description>short</description><category>tag</category>
<content:encoded><![CDATA[<p>Long <b>text</b>.</p><ul><li>x</li></ul>]]></content:encoded></item>%s</channel></rss>"""


def test_a_feed_and_its_entries(site: Site) -> None:
    site.pages["/feed"] = (200, "application/rss+xml", (RSS % "").encode())
    (item,) = walk(site, "/feed")
    (document,) = item.read()
    assert (document.key, document.title, document.text) == ("urn:g:1", "One & only", "Long text.\n\n- x")
    assert (document.url, document.date, document.meta) == (
        "https://x.org/1",
        "2024-03-01T10:00:00Z",
        {"tags": ["tag"]},
    )


def test_entries_that_a_feed_no_longer_shows_stay(site: Site) -> None:
    second = "<item><guid>urn:g:2</guid><title>Two</title><description>Second.</description></item>"
    site.pages["/feed"] = (200, "application/rss+xml", (RSS % second).encode())
    kept = Kept()
    assert kept.run(site, "/feed") == 2
    assert kept.run(site, "/feed") == 0
    assert site.asked[-1] == ("/feed", 304)
    site.pages["/feed"] = (200, "application/rss+xml", (RSS % "").replace("urn:g:1", "urn:g:3").encode())
    assert kept.run(site, "/feed") == 1
    assert sorted(kept.stored) == ["urn:g:1", "urn:g:2", "urn:g:3"]


def test_a_feed_that_becomes_a_page_keeps_its_entries(site: Site) -> None:
    """A portal that asks for a login, a page that says sorry: with 200, as is the custom."""
    entry = (
        "<item><guid>tag:x,1</guid><title>T</title><description><![CDATA[<html><p>Hi</p></html>]]></description></item>"
    )
    site.pages["/feed"] = (200, "application/rss+xml", f'<rss version="2.0"><channel>{entry}</channel></rss>'.encode())
    kept = Kept()
    assert kept.run(site, "/feed") == 1
    site.html("/feed", "Please log in.")
    with pytest.raises(InputError, match="is a page, not a feed"):
        kept.run(site, "/feed")
    assert kept.texts(site) == {"tag:x,1": "Hi"}
    site.pages["/new.rss"] = site.pages["/feed"]
    with pytest.raises(InputError, match="is a page, not a feed or sitemap"):
        Kept().run(site, "/new.rss")


def test_a_feed_with_a_broken_entry_gives_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.atom"
    broken = f'<entry><id>1</id><title>A</t{chr(34) * 100}itle>\n<link href="https://example.org/1"/>'
    dated = '<updated>2024-03-01T10:00:00Z</updated><content type="html">One</content>\n</entry>'
    good = "<entry><id>2</id><title>B</title><summary>Two</summary></entry>"
    feed = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>'
    path.write_text(f"{feed}{broken}{dated}{good}</feed>")
    found = web(Settings((str(path),)))
    assert {item.key: item.read()[0].text for item in found} == {"2": "Two"}
    assert "not well-formed" in found.notes[0]


def test_feeds_and_lists_of_addresses_in_files(site: Site, tmp_path: Path) -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a1</id><title>T</title><author><name>Ann</name></author>
    <updated>2024-01-02T03:04:05Z</updated><content type="html">&lt;p&gt;Hi&lt;/p&gt;</content></entry></feed>"""
    (tmp_path / "a.atom").write_text(atom)
    (item,) = walk(site, str(tmp_path / "a.atom"))
    document = item.read()[0]
    assert (document.key, document.author, document.date, document.text) == ("a1", "Ann", "2024-01-02T03:04:05Z", "Hi")
    site.html("/x", "X.")
    site.pages["/y.txt"] = (200, "text/plain; charset=latin-1", "naïve".encode("latin-1"))
    (tmp_path / "list.txt").write_text(f"{site.url}/x\n{site.url}/y.txt\n")
    texts = [document.text for item in walk(site, str(tmp_path / "list.txt")) for document in item.read()]
    assert texts == ["X.", "naïve"]


def test_plain_text_is_what_its_name_says(site: Site) -> None:
    for name, body in (("/a.md", "# Head\n\nText."), ("/b.rst?raw=1", "Head\n====\n\nText."), ("/c", "# Text")):
        site.pages[name] = (200, "text/plain; charset=utf-8", body.encode())
    kinds = {}
    for name in ("/a.md", "/b.rst?raw=1", "/c"):
        (item,) = walk(site, name)
        document = item.read()[0]
        kinds[name] = document.kind, document.title
    assert kinds == {"/a.md": ("markdown", "Head"), "/b.rst?raw=1": ("markdown", "Head"), "/c": ("text", "c")}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html><body>no feed</body></html>", "is an HTML page, not a feed|neither a feed"),
        (b"", "neither a feed"),
        (b'<!DOCTYPE x [<!ENTITY a "ha">]><rss version="2.0">&a;</rss>', "XML entities"),
        (b"<rss", "cannot be read as a feed"),
    ],
)
def test_files_that_are_no_feed(site: Site, tmp_path: Path, body: bytes, why: str) -> None:
    (tmp_path / "a.rss").write_bytes(body)
    with pytest.raises(InputError, match=why):
        list(walk(site, str(tmp_path / "a.rss")))


def test_robots_are_obeyed(site: Site) -> None:
    site.pages["/robots.txt"] = (200, "text/plain", b"User-agent: *\nDisallow: /private")
    site.html("/private/a", "secret")
    site.html("/b", "B.")
    found = walk(site, "/private/a", "/b")
    assert [item.key for item in found] == [f"{site.url}/b"]
    assert "forbidden by the robots.txt" in found.problems[0][1]
    assert "/private/a" not in [path for path, _ in site.asked]


def test_a_pause_between_requests_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("rag.sources.fetch.time.sleep", pauses.append)
    site.pages["/robots.txt"] = (200, "text/plain", b"User-agent: *\nCrawl-delay: 7")
    site.html("/a", "A.")
    fetcher = Fetcher(allow_private=True, delay=2.0)
    fetcher.get(site.url + "/a")
    fetcher.get(site.url + "/a")
    assert [round(pause) for pause in pauses] in ([2, 7], [2, 2])


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1",
     "fc00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "240.0.0.1"],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/x", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/",
     "http://[::ffff:7f00:1]/", "http://017700000001/"],
)  # fmt: skip
def test_private_addresses_are_refused_however_they_are_written(url: str) -> None:
    with pytest.raises(FetchError, match=r"not a public address|no such host"):
        Fetcher(delay=0).get(url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x.org/a", "http://", "gopher://127.0.0.1/", "http://[x/"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises((FetchError, ValueError)):
        Fetcher(delay=0).get(url)


def test_a_redirect_is_checked_like_the_first_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address counts as public here; what it redirects to does not."""
    real = public
    monkeypatch.setattr("rag.sources.fetch.public", lambda ip: str(ip) == "127.0.0.1" or real(ip))
    site.pages["/a"] = (302, "text/html", b"")
    site.headers["/a"] = {"Location": "http://169.254.169.254/latest/meta-data/"}
    with pytest.raises(FetchError, match=r"169\.254\.169\.254, which is not a public address"):
        Fetcher(delay=0).get(site.url + "/a")


def test_limits(site: Site) -> None:
    site.pages["/loop"] = (301, "text/html", b"")
    site.headers["/loop"] = {"Location": "/loop"}
    site.pages["/large"] = (200, "text/html", b"x" * 2000)
    site.pages["/bomb"] = (200, "text/html", gzip.compress(b"x" * 50_000_000))
    site.headers["/bomb"] = {"Content-Encoding": "gzip"}
    site.pages["/short"] = (200, "text/html", b"x")
    site.headers["/short"] = {"Content-Length": "100"}
    fetcher = Fetcher(allow_private=True, delay=0, max_bytes=1000)
    for path, why in [
        ("/loop", "redirects more than"),
        ("/large", "is larger than 1,000 bytes"),
        ("/bomb", "is larger than 1,000 bytes"),
        ("/short", "before its end|could not be read"),
        ("/none", "answered 404"),
    ]:
        with pytest.raises(FetchError, match=why):
            fetcher.get(site.url + path)


def test_a_host_that_is_not_there() -> None:
    with pytest.raises(FetchError, match=r"could not be reached|no such host"):
        Fetcher(allow_private=True, delay=0).get("http://127.0.0.1:9/")


def test_two_feeds_of_one_source_may_name_their_entries_alike(site: Site) -> None:
    own = "<item><guid>1</guid><title>T</title><description>{}</description></item>"
    feed = f"<rss version='2.0'><channel>{own}{{}}</channel></rss>"
    same = "<item><guid>9</guid><title>Both</title><description>In both feeds.</description></item>"
    for name in ("a", "b"):
        site.pages[f"/{name}"] = (200, "application/rss+xml", feed.format(f"Text of {name}.", same).encode())
    kept = Kept()
    assert kept.run(site, "/a", "/b") == 3
    assert sorted(text for _, text in kept.stored.values()) == ["In both feeds.", "Text of a.", "Text of b."]
    assert kept.run(site, "/a", "/b") == 0
    site.pages["/b"] = (200, "application/rss+xml", feed.format("New text of b.", "").encode())
    assert kept.run(site, "/a", "/b") == 1
    assert sorted(text for _, text in kept.stored.values()) == ["In both feeds.", "New text of b.", "Text of a."]


def test_an_address_that_is_none_costs_no_other(site: Site) -> None:
    locations = "".join(
        f"<url><loc>{one}</loc></url>" for one in ("http://[::1/", "http://x:99999999/", f"{site.url}/a")
    )
    site.pages["/sitemap.xml"] = (200, "application/xml", f"<urlset>{locations}</urlset>".encode())
    site.pages["/a"] = (200, "text/html", b"<p>Here.</p>")
    kept = Kept()
    assert kept.run(site, "/sitemap.xml") == 1
    assert [name for name, _ in kept.problems] == ["http://[::1/", "http://x:99999999/"]


def test_pages_are_fetched_again_for_a_newer_reader(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.sources import web as module

    site.pages["/sitemap.xml"] = (
        200,
        "application/xml",
        f"<urlset><url><loc>{site.url}/a</loc></url></urlset>".encode(),
    )
    site.pages["/a"] = (200, "text/html", b"<p>Here.</p>")
    kept = Kept()
    kept.run(site, "/sitemap.xml")
    kept.run(site, "/sitemap.xml")
    assert site.asked[-1] == ("/a", 304)
    monkeypatch.setattr(module, "READER", "web.99")
    kept.run(site, "/sitemap.xml")
    assert site.asked[-1] == ("/a", 200)
