"""What is shown with the best piece: the term of a long list alone, the rest of a short section, what lies between."""

from __future__ import annotations

from rag import chunking
from rag.ask import answer
from rag.types import Document, Hit

OPTIONS = """# copy(1)

## DESCRIPTION

copy copies files between hosts on a network.

The options are as follows:

- -3
  Copies between two remote hosts are transferred through the local host. Without this option the data is copied
  directly between the two remote hosts.

- -4
  Forces copy to use IPv4 addresses only.

- -c, --cipher=NAME
  Selects the cipher to use for encrypting the data transfer.

- -F ssh_config
  Specifies an alternative per-user configuration file. This option is directly passed on.

- -l limit
  Limits the used bandwidth, specified in Kbit/s.

- -P port
  Specifies the port to connect to on the remote host.

- -q
  Quiet mode: disables the progress meter as well as warning and diagnostic messages.
"""

WRAPPED = """# Which of them

- `tool ci` may only be used where a lock file exists, and it ends with an error
  where the lock file does not fit the list of what is needed.
- `tool install` writes both files anew whenever they do not fit, and never takes
  anything away that was put there by hand before it was run.
- `tool ci` takes away all that was installed before it begins, so that nothing
  old is left over, while `tool install` lets what is there be as it is.
- `tool install` can take one package by its name, which `tool ci` never does, as
  it is made for machines that build and test what others have written.
"""

CACHE = """# Packages

## The cache of files

A copy of each downloaded package is kept in the directory `/var/cache/archives/`. In case of frequent updates the files
downloaded take a lot of free space on the disk, with several versions of each package.

`pack clean` empties it entirely; `pack autoclean` looks which of them are of no worth to anybody, since they have been
withdrawn from the mirrors in the meantime, and takes away just those, while all others stay where they are.

## Upgrades

Upgrades are regular.
"""

KEYS = """# Remote login

## Keys

Each time someone logs in over SSH, the server asks for a password. A login with keys needs none.

The user makes a pair of them on the machine in front of him with the program for that, and hands the public one of both
to whoever looks after the other side, where it is put into a file beside all those that were accepted before it was.

If the key has no password of its own, each login over SSH works without typing a password.

## Tunnels

Tunnels are narrow.
"""

SETTINGS = """# Settings

#### maxsockets

* Default: 15
* Type: Number

The maximum number of connections to use per origin (protocol, host, port).

#### message

* Default: "%s"
* Type: String

What is written into the log by the command version.
"""

NETWORKS = """# Radio

## Networks that are known

To list networks:

```
[radio]# known-networks list
```

To forget a network that was saved:

```
[radio]# known-networks NAME forget
```
"""

COPIES = """# Disks

## A copy of a whole disk

From one to the other:

```
# copydisk /dev/sda /dev/sdb
```

This will clone the entire drive, with its boot loader, all partitions and the data on them.

Look beforehand which of both is which, because whatever stands on the other one is lost for good, and nobody in the
world can bring it back. Whoever is not sure unplugs one of them, looks at what is left, writes its name down, and plugs
the other one in again. It is a matter of hours, so leave the machine alone in the meantime.
"""


def shown(question: str, text: str, title: str = "Note") -> list[str]:
    document = Document("docs", "a.md", text, title=title, kind="markdown")
    hits = [Hit(passage, 1 - rank / 10) for rank, passage in enumerate(chunking.split(document, 1600))]
    return [one.quote for one in answer(question, hits).citations]


def test_of_a_long_list_of_terms_those_that_answer_are_shown() -> None:
    found = shown("copy to another port", OPTIONS, "copy(1)")
    assert found[0] == "- -P port\n  Specifies the port to connect to on the remote host."
    assert not any("as follows" in one for one in found)


def test_lines_that_were_broken_make_no_terms() -> None:
    options = shown("copy to another port", OPTIONS, "copy(1)")
    assert WRAPPED.partition("\n\n")[2].strip() in shown("tool ci or tool install", WRAPPED)
    assert len(max(options, key=len)) < 400


def test_the_command_beside_what_is_shown_is_shown() -> None:
    assert "pack clean" in "".join(shown("free space on the disk taken by downloaded packages", CACHE))
    assert "pack clean" not in "".join(shown("why are several versions kept in the directory?", CACHE))


def test_what_lies_between_two_excerpts_of_a_section_is_shown() -> None:
    (whole,) = shown("log in over ssh without typing a password", KEYS)
    assert whole == KEYS.partition("## Keys\n\n")[2].partition("\n\n## Tunnels")[0]


def test_a_short_section_is_shown_whole() -> None:
    assert shown("number of connections to use per origin at the maximum", SETTINGS) == [
        "* Default: 15\n* Type: Number\n\nThe maximum number of connections to use per origin (protocol, host, port)."
    ]


def test_of_two_that_answer_alike_both_are_shown() -> None:
    steps = "\n".join(f"mdtool --step {number} --of-them-all /dev/md1" for number in range(16))
    one, other = (f"A disk of the array {word}:\n\n```\n{steps}\n```" for word in ("is put in", "is taken out"))
    found = "".join(shown("a disk of the array", f"# Disks\n\n## First\n\n{one}\n\n## Second\n\n{other}\n"))
    assert one in found
    assert other in found


def test_what_is_announced_as_output_is_not_cut_off_where_the_code_before_it_ends() -> None:
    found = "".join(shown("make it forget a network that was saved", NETWORKS))
    assert "[radio]# known-networks NAME forget" in found
    assert found.count("```") == 4


def test_the_command_that_a_paragraph_points_at_is_shown_with_it() -> None:
    (found,) = shown("does it clone all partitions of the entire drive, and its boot loader?", COPIES)
    assert found == COPIES.partition("disk\n\n")[2].partition("\n\nLook")[0]
