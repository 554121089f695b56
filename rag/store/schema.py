"""
Every table of the main file, as migrations in the order in which they are applied.

A migration is a name and a script; it is recorded in `_sqlite_migrations` under the set `rag` in the transaction that
applies it, so `sqlite-utils migrate --list` reads the record. Never change one that was released: add another.
No virtual table here needs an extension (Datasette refuses a whole file for one), every table has an explicit INTEGER
PRIMARY KEY (VACUUM renumbers rowids of others, and FTS then returns the wrong rows).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag import folding, wikilinks
from rag.store import checksums

if TYPE_CHECKING:
    import apsw


def lend(connection: apsw.Connection) -> None:
    """Give a connection what migrations call to make old rows as new ones are; what stays in the file calls none."""
    functions: dict[str, Callable[..., str | None]] = {
        "rag_folded": folding.instead,
        "rag_named": folding.named,
        "rag_compounds": lambda text: json.dumps(folding.compounds(text)),
        "rag_names": lambda key, meta: json.dumps(wikilinks.names(key, _object(meta))),
        "rag_links": lambda key, meta: json.dumps(wikilinks.links(key, _object(meta))),
    }
    for name, function in functions.items():
        connection.create_scalar_function(name, function, deterministic=True)


def _object(text: str) -> dict[str, Any]:
    """The metadata of a document; nothing if it is damaged, which `rag doctor` tells."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


MIGRATIONS: list[tuple[str, str]] = [
    (
        "001_documents",
        """
        create table setting (id integer primary key, key text not null unique, value text not null);

        create table model (
            id integer primary key, name text not null, fingerprint text not null, dimensions integer not null,
            unique (name, fingerprint)
        );

        create table source (
            id integer primary key, name text not null unique, kind text not null default 'files',
            settings text not null default '{}', cursor text, refreshed text, error text
        );

        create table document (
            id integer primary key autoincrement,
            source_id integer not null references source(id) on delete cascade,
            key text not null, title text not null default '', url text not null default '',
            author text not null default '', date text not null default '', kind text not null default 'text',
            meta text not null default '{}', text text not null, hash text not null,
            item text not null default '', stamp text not null default '', indexed text not null,
            unique (source_id, key)
        );
        create index document_item on document(source_id, item);
        create index document_date on document(date);

        create table passage (
            id integer primary key autoincrement,
            document_id integer not null references document(id) on delete cascade,
            seq integer not null, start integer not null, "end" integer not null,
            title text not null default '', heading text not null default '', text text not null,
            identifiers text not null default '',
            hash text not null
        );
        create index passage_document on passage(document_id, seq);
        create index passage_hash on passage(hash);

        create table vector (
            id integer primary key, hash text not null, model_id integer not null references model(id),
            data blob not null, checksum integer not null,
            unique (model_id, hash)
        );

        create virtual table passage_fts using fts5(
            title, heading, text, identifiers,
            content="passage", content_rowid="id", tokenize="porter unicode61 remove_diacritics 2"
        );
        create trigger passage_fts_insert after insert on passage begin
            insert into passage_fts(rowid, title, heading, text, identifiers)
            values (new.id, new.title, new.heading, new.text, new.identifiers);
        end;
        create trigger passage_fts_delete after delete on passage begin
            insert into passage_fts(passage_fts, rowid, title, heading, text, identifiers)
            values ('delete', old.id, old.title, old.heading, old.text, old.identifiers);
        end;
        create trigger passage_fts_update after update of title, heading, text, identifiers on passage begin
            insert into passage_fts(passage_fts, rowid, title, heading, text, identifiers)
            values ('delete', old.id, old.title, old.heading, old.text, old.identifiers);
            insert into passage_fts(rowid, title, heading, text, identifiers)
            values (new.id, new.title, new.heading, new.text, new.identifiers);
        end;
        """,
    ),
    (
        "002_answers",
        """
        create table answer (
            id integer primary key autoincrement, conversation integer not null,
            question text not null, answer text not null, answerable integer not null, citations integer not null,
            model text not null, fingerprint text not null, prompt_hash text not null, grammar_hash text not null,
            seconds real not null, object text not null, settings text not null, history text not null,
            created text not null
        );
        create index answer_conversation on answer(conversation);
        """,
    ),
    (
        "003_jobs",
        """
        create table job (
            id integer primary key autoincrement, hash text not null unique,
            schema text not null, schema_hash text not null, prompt text not null, prompt_hash text not null,
            model text not null, fingerprint text not null, settings text not null default '{}',
            runs integer not null default 0, created text not null, used text not null
        );

        create table job_row (
            id integer primary key,
            job_id integer not null references job(id) on delete cascade,
            hash text not null,
            status text not null default 'pending' check (status in ('pending', 'done', 'failed')),
            data text, evidence text, raw text not null default '',
            error text not null default '', note text not null default '',
            attempts integer not null default 0, windows integer not null default 1,
            tokens_in integer not null default 0, tokens_out integer not null default 0,
            seconds real not null default 0, finished text,
            unique (job_id, hash)
        );

        create table job_document (
            id integer primary key,
            job_id integer not null references job(id) on delete cascade,
            seq integer not null, source text not null, key text not null, hash text not null,
            unique (job_id, seq)
        );
        """,
    ),
    (
        "004_runs",
        """
        create table eval_run (
            id integer primary key autoincrement,
            suite text not null, system text not null, task text not null, fingerprint text not null,
            settings text not null, provenance text not null, cases integer not null,
            state text not null default 'started' check (state in ('started', 'done')),
            started text not null, finished text
        );
        create index eval_run_suite on eval_run(suite, system);
        create index eval_run_fingerprint on eval_run(fingerprint);

        create table eval_outcome (
            id integer primary key,
            run_id integer not null references eval_run(id) on delete cascade,
            case_id text not null, question text not null, expected text not null, output text not null,
            error text not null default '', seconds real not null,
            tokens_in integer not null default 0, tokens_out integer not null default 0,
            unique (run_id, case_id)
        );

        create table eval_score (
            id integer primary key,
            outcome_id integer not null references eval_outcome(id) on delete cascade,
            measure text not null, value real not null, weight real not null
        );
        create index eval_score_outcome on eval_score(outcome_id);
        """,
    ),
    (
        # `_chronicle_document` has the form of sqlite-chronicle, so its readers work on it; it is kept by our triggers,
        # which do not count a touched file as a change, and it also says what a removed row was.
        "005_sources",
        """
        create table _chronicle_document (
            id integer primary key, __added_ms integer, __updated_ms integer, __version integer,
            __deleted integer default 0, added_version integer not null, source text not null, key text not null
        );
        create index _chronicle_document__version_idx on _chronicle_document(__version);
        create trigger chronicle_document_ai after insert on document begin
            insert into _chronicle_document
            select new.id, cast(unixepoch('subsec') * 1000 as integer), cast(unixepoch('subsec') * 1000 as integer),
                v, 0, v, coalesce((select name from source where id = new.source_id), ''), new.key
            from (select coalesce(max(__version), 0) + 1 as v from _chronicle_document);
        end;
        create trigger chronicle_document_au after update on document
        when old.hash is not new.hash or old.key is not new.key begin
            update _chronicle_document set __updated_ms = cast(unixepoch('subsec') * 1000 as integer), key = new.key,
                __version = (select max(__version) + 1 from _chronicle_document)
            where id = new.id;
        end;
        create trigger chronicle_document_ad after delete on document begin
            update _chronicle_document set __updated_ms = cast(unixepoch('subsec') * 1000 as integer), __deleted = 1,
                __version = (select max(__version) + 1 from _chronicle_document)
            where id = old.id;
        end;
        insert into _chronicle_document
        select d.id, cast(unixepoch('subsec') * 1000 as integer), cast(unixepoch('subsec') * 1000 as integer),
            row_number() over (order by d.id), 0, row_number() over (order by d.id), s.name, d.key
        from document d join source s on s.id = d.source_id;

        create table alert (
            id integer primary key, name text not null unique, query text not null,
            min_score real not null, source text not null default '',
            seen integer not null, created text not null, run text
        );
        """,
    ),
    (
        # To `llm` this file is a database of embeddings, a collection a source, to read: llm collections list,
        # llm similar. Its own migrations are recorded as done, so that it leaves the views alone.
        "006_llm",
        """
        create view collections as
            select s.id, s.name,
                'rag-' || (select json_extract(value, '$') from setting where key = 'embedder') as model
            from source s;
        create view embeddings as
            select d.source_id as collection_id, d.key || '#' || p.seq as id, v.data as embedding, p.text as content,
                null as content_blob, p.hash as content_hash,
                json_set(d.meta, '$.title', d.title, '$.url', d.url) as metadata,
                cast(strftime('%s', d.indexed) as integer) as updated
            from passage p
            join document d on d.id = p.document_id
            join vector v on v.hash = p.hash and v.model_id = (
                select m.id from model m where m.fingerprint =
                    (select json_extract(value, '$') from setting where key = 'fingerprint')
            );
        insert into _sqlite_migrations (migration_set, name, applied_at)
            select 'llm.embeddings', value, strftime('%Y-%m-%dT%H:%M:%SZ', 'now') from json_each(
                '["m001_create_tables", "m002_foreign_key", "m003_add_updated", "m004_store_content_hash",'
                || ' "m005_add_content_blob"]'
            );
        """,
    ),
    (
        # What is embedded is a window of a passage, so that a sentence in a long passage is found, and the title.
        "007_windows",
        """
        create table passage_window (
            id integer primary key autoincrement,
            passage_id integer not null references passage(id) on delete cascade,
            seq integer not null, start integer not null, "end" integer not null, hash text not null
        );
        create index passage_window_passage on passage_window(passage_id, seq);
        create index passage_window_hash on passage_window(hash);
        insert into passage_window (passage_id, seq, start, "end", hash)
        select id, 0, 0, length(text), hash from passage;
        alter table document add column title_hash text not null default '';
        create index document_title on document(title_hash);

        drop view embeddings;
        create view embeddings as
            select d.source_id as collection_id,
                d.key || '#' || p.seq || case w.seq when 0 then '' else '.' || w.seq end as id, v.data as embedding,
                substr(p.text, w.start + 1, w."end" - w.start) as content, null as content_blob,
                w.hash as content_hash, json_set(d.meta, '$.title', d.title, '$.url', d.url) as metadata,
                cast(strftime('%s', d.indexed) as integer) as updated
            from passage p
            join document d on d.id = p.document_id
            join passage_window w on w.passage_id = p.id
            join vector v on v.hash = w.hash and v.model_id = (
                select m.id from model m where m.fingerprint =
                    (select json_extract(value, '$') from setting where key = 'fingerprint')
            );
        """,
    ),
    (
        # The server: who may come in, and what people did with its answers.
        "008_tokens",
        """
        create table token (
            id integer primary key autoincrement, name text not null, hash text not null unique,
            scopes text not null, sources text not null default '', created text not null,
            expires text, used text, revoked text
        );
        alter table answer add column short text;
        alter table answer add column thumb integer not null default 0;
        alter table answer add column asked_by integer;
        create unique index answer_short on answer(short) where short is not null;
        """,
    ),
    (
        # A hash over a document's row, its passages and its windows, so that `rag doctor` sees a change of any of them.
        "009_seals",
        """
        alter table document add column seal text not null default '';
        """,
    ),
    (
        # Words are searched folded and in pieces (rag/folding.py). What differs from the passage is kept in `folded`,
        # as JSON; the rest is searched as it is, so that most texts are stored once.
        "010_folded",
        """
        alter table passage add column folded text;
        create table compound (id integer primary key, word text not null unique);
        drop trigger passage_fts_insert;
        drop trigger passage_fts_delete;
        drop trigger passage_fts_update;
        drop table passage_fts;

        update passage set folded = rag_folded(title, heading, text),
            identifiers = rag_named(text, title, heading, (select d.key from document d where d.id = document_id));
        update document set seal = '';
        insert or ignore into compound (word)
            select w.value from document d, json_each(rag_compounds(d.text)) w;

        create view passage_searched as select id,
            coalesce(json_extract(folded, '$.title'), title) as title,
            coalesce(json_extract(folded, '$.heading'), heading) as heading,
            coalesce(json_extract(folded, '$.text'), text) as text, identifiers
            from passage;
        create virtual table passage_fts using fts5 /* content="passage": where Datasette shows its search box */ (
            title, heading, text, identifiers, content="passage_searched", content_rowid="id",
            tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
        );
        insert into passage_fts(passage_fts) values ('rebuild');
        create trigger passage_fts_insert after insert on passage begin
            insert into passage_fts(rowid, title, heading, text, identifiers)
            values (new.id, coalesce(json_extract(new.folded, '$.title'), new.title),
                coalesce(json_extract(new.folded, '$.heading'), new.heading),
                coalesce(json_extract(new.folded, '$.text'), new.text), new.identifiers);
        end;
        create trigger passage_fts_delete after delete on passage begin
            insert into passage_fts(passage_fts, rowid, title, heading, text, identifiers)
            values ('delete', old.id, coalesce(json_extract(old.folded, '$.title'), old.title),
                coalesce(json_extract(old.folded, '$.heading'), old.heading),
                coalesce(json_extract(old.folded, '$.text'), old.text), old.identifiers);
        end;
        create trigger passage_fts_update after update of title, heading, text, identifiers, folded on passage begin
            insert into passage_fts(passage_fts, rowid, title, heading, text, identifiers)
            values ('delete', old.id, coalesce(json_extract(old.folded, '$.title'), old.title),
                coalesce(json_extract(old.folded, '$.heading'), old.heading),
                coalesce(json_extract(old.folded, '$.text'), old.text), old.identifiers);
            insert into passage_fts(rowid, title, heading, text, identifiers)
            values (new.id, coalesce(json_extract(new.folded, '$.title'), new.title),
                coalesce(json_extract(new.folded, '$.heading'), new.heading),
                coalesce(json_extract(new.folded, '$.text'), new.text), new.identifiers);
        end;
        """,
    ),
    (
        # Notes that link to each other ([[Note]], an alias, a path): names, to be joined (rag/wikilinks.py).
        "011_links",
        """
        create table document_name (
            id integer primary key, document_id integer not null references document(id) on delete cascade,
            name text not null
        );
        create index document_name_document on document_name(document_id);
        create index document_name_name on document_name(name);
        create table document_link (
            id integer primary key, document_id integer not null references document(id) on delete cascade,
            name text not null
        );
        create index document_link_document on document_link(document_id);
        create index document_link_name on document_link(name);
        insert into document_name (document_id, name)
            select d.id, n.value from document d, json_each(rag_names(d.key, d.meta)) n;
        insert into document_link (document_id, name)
            select d.id, n.value from document d, json_each(rag_links(d.key, d.meta)) n;
        """,
    ),
    (
        # To be read: a row of each says what it is without looking anywhere else. Nothing of ours depends on them.
        "012_views",
        """
        create view passage_view as
            select p.id, s.name as source, d.key, d.title, p.heading, p.text, p.start, p."end", d.url, d.author, d.date,
                d.id as document_id
            from passage p join document d on d.id = p.document_id join source s on s.id = d.source_id;
        create view answer_view as
            select a.id, a.created, a.question, a.answer, a.answerable, a.citations,
                (select group_concat(distinct c.value ->> 'document') from json_each(a.object, '$.citations') c)
                    as documents,
                a.model, t.name as asked_by, a.thumb, a.short, a.conversation, a.seconds
            from answer a left join token t on t.id = a.asked_by;
        create view record_view as
            select r.id, r.job_id as job, d.seq, d.source, d.key, r.status, r.data, r.error, r.note, r.attempts,
                j.model, r.finished
            from job_document d join job_row r on r.job_id = d.job_id and r.hash = d.hash join job j on j.id = d.job_id;
        """,
    ),
    (
        # Groups of passages or documents as they were last made; Datasette shows a cluster's name for its number.
        "013_clusters",
        """
        create table clustering (
            id integer primary key, items text not null, filters text not null default '{}',
            fingerprint text not null, inputs text not null, seed integer not null, auto integer not null,
            cohesion real not null, made text not null,
            unique (items, filters)
        );
        create table cluster (
            id integer primary key,
            clustering_id integer not null references clustering(id) on delete cascade,
            number integer not null, name text not null, size integer not null, cohesion real not null,
            keywords text not null, centre blob not null, named integer not null default 0,
            unique (clustering_id, number)
        );
        create table cluster_item (
            id integer primary key,
            cluster_id integer not null references cluster(id) on delete cascade,
            document_id integer not null references document(id) on delete cascade,
            passage_id integer references passage(id) on delete cascade,
            similarity real not null, x real, y real
        );
        create index cluster_item_cluster on cluster_item(cluster_id);
        create index cluster_item_document on cluster_item(document_id);
        create index cluster_item_passage on cluster_item(passage_id);
        create view clustered as
            select i.id, g.items, g.filters, c.number, c.name as cluster, s.name as source, d.key, d.title, d.author,
                d.date, d.url, i.similarity, coalesce(p.text, substr(d.text, 1, 400)) as text
            from cluster_item i
            join cluster c on c.id = i.cluster_id
            join clustering g on g.id = c.clustering_id
            join document d on d.id = i.document_id
            join source s on s.id = d.source_id
            left join passage p on p.id = i.passage_id;
        """,
    ),
    (
        # Nothing looks a passage up by its hash; words are gathered longer before they are written, so less is merged.
        "014_bulk",
        """
        drop index passage_hash;
        insert into passage_fts(passage_fts, rank) values ('hashsize', 4194304);
        """,
    ),
    (
        # What a document said before it was changed or removed, for ninety days: so that a difference can be shown. And
        # when each document and source was last changed, by a clock that never goes back: so that indexes that were
        # edited apart can be merged. A stamp is milliseconds, or one more than the largest that this index has seen.
        "015_history",
        """
        create table document_past (
            id integer primary key, source text not null, key text not null, title text not null, text text not null,
            version integer not null, ms integer not null
        );
        create index document_past_key on document_past(source, key, version);
        create index document_past_ms on document_past(ms);
        create trigger document_past_update before update of text on document when old.text is not new.text begin
            insert into document_past (source, key, title, text, version, ms)
            select s.name, old.key, old.title, old.text,
                (select coalesce(max(__version), 0) + 1 from _chronicle_document),
                cast(unixepoch('subsec') * 1000 as integer)
            from source s where s.id = old.source_id;
            delete from document_past where ms < cast(unixepoch('subsec') * 1000 as integer) - 7776000000;
        end;
        create trigger document_past_delete before delete on document begin
            insert into document_past (source, key, title, text, version, ms)
            select s.name, old.key, old.title, old.text,
                (select coalesce(max(__version), 0) + 1 from _chronicle_document),
                cast(unixepoch('subsec') * 1000 as integer)
            from source s where s.id = old.source_id;
        end;
        create trigger document_past_source after delete on source begin
            delete from document_past where source = old.name;
        end;

        create table document_clock (
            id integer primary key, source text not null, key text not null, stamp integer not null,
            deleted integer not null default 0, unique (source, key)
        );
        create index document_clock_stamp on document_clock(stamp);
        create table source_clock (
            id integer primary key, name text not null unique, stamp integer not null,
            deleted integer not null default 0
        );
        create view clock as select max(
            cast(unixepoch('subsec') * 1000 as integer),
            coalesce((select max(stamp) from document_clock), 0) + 1,
            coalesce((select max(stamp) from source_clock), 0) + 1
        ) as now;
        insert into document_clock (source, key, stamp, deleted)
            select source, key, max(coalesce(__updated_ms, 0)), __deleted from _chronicle_document group by source, key;
        update document_clock set deleted = not exists (
            select 1 from document d join source s on s.id = d.source_id
            where s.name = document_clock.source and d.key = document_clock.key
        );
        insert into source_clock (name, stamp) select name, cast(unixepoch('subsec') * 1000 as integer) from source;
        create trigger document_clock_insert after insert on document begin
            insert into document_clock (source, key, stamp)
            select s.name, new.key, c.now from source s, clock c where s.id = new.source_id
            on conflict (source, key) do update set stamp = excluded.stamp, deleted = 0;
        end;
        create trigger document_clock_update after update on document
        when old.hash is not new.hash or old.key is not new.key begin
            insert into document_clock (source, key, stamp, deleted)
            select s.name, old.key, c.now, 1 from source s, clock c
            where s.id = old.source_id and old.key is not new.key
            on conflict (source, key) do update set stamp = excluded.stamp, deleted = 1;
            insert into document_clock (source, key, stamp)
            select s.name, new.key, c.now from source s, clock c where s.id = new.source_id
            on conflict (source, key) do update set stamp = excluded.stamp, deleted = 0;
        end;
        create trigger document_clock_delete before delete on document begin
            insert into document_clock (source, key, stamp, deleted)
            select s.name, old.key, c.now, 1 from source s, clock c where s.id = old.source_id
            on conflict (source, key) do update set stamp = excluded.stamp, deleted = 1;
        end;
        create trigger source_clock_insert after insert on source begin
            insert into source_clock (name, stamp) select new.name, c.now from clock c where true
            on conflict (name) do update set stamp = excluded.stamp, deleted = 0;
        end;
        create trigger source_clock_update after update of kind, settings on source
        when old.kind is not new.kind or old.settings is not new.settings begin
            insert into source_clock (name, stamp) select new.name, c.now from clock c where true
            on conflict (name) do update set stamp = excluded.stamp, deleted = 0;
        end;
        create trigger source_clock_delete after delete on source begin
            insert into source_clock (name, stamp, deleted) select old.name, c.now, 1 from clock c where true
            on conflict (name) do update set stamp = excluded.stamp, deleted = 1;
        end;
        """,
    ),
    (
        # The trigger of `_chronicle_document` names its columns, since there is one more.
        "016_checksums",
        "".join(map(checksums.schema, checksums.COLUMNS))
        + """
        drop trigger chronicle_document_ai;
        create trigger chronicle_document_ai after insert on document begin
            insert into _chronicle_document
                (id, __added_ms, __updated_ms, __version, __deleted, added_version, source, key)
            select new.id, cast(unixepoch('subsec') * 1000 as integer), cast(unixepoch('subsec') * 1000 as integer),
                v, 0, v, coalesce((select name from source where id = new.source_id), ''), new.key
            from (select coalesce(max(__version), 0) + 1 as v from _chronicle_document);
        end;
        """,
    ),
    (
        # What was sent to which place (rag push), so that only what changed is sent. No token is kept.
        "017_pushes",
        """
        create table push (id integer primary key, url text not null unique, kind text not null, sent text);
        create table pushed (
            id integer primary key, push_id integer not null references push(id) on delete cascade,
            source text not null, key text not null, hash text not null, names text not null,
            unique (push_id, source, key)
        );
        """,
    ),
    (
        # `unixepoch('subsec')` is null before SQLite 3.42: another program that changes a document may be older.
        "018_clocks",
        """
        drop trigger document_past_update;
        drop trigger document_past_delete;
        drop view clock;
        create trigger document_past_update before update of text on document when old.text is not new.text begin
            insert into document_past (source, key, title, text, version, ms)
            select s.name, old.key, old.title, old.text,
                (select coalesce(max(__version), 0) + 1 from _chronicle_document),
                cast((julianday('now') - 2440587.5) * 86400000 as integer)
            from source s where s.id = old.source_id;
            delete from document_past
            where ms < cast((julianday('now') - 2440587.5) * 86400000 as integer) - 7776000000;
        end;
        create trigger document_past_delete before delete on document begin
            insert into document_past (source, key, title, text, version, ms)
            select s.name, old.key, old.title, old.text,
                (select coalesce(max(__version), 0) + 1 from _chronicle_document),
                cast((julianday('now') - 2440587.5) * 86400000 as integer)
            from source s where s.id = old.source_id;
        end;
        create view clock as select max(
            cast((julianday('now') - 2440587.5) * 86400000 as integer),
            coalesce((select max(stamp) from document_clock), 0) + 1,
            coalesce((select max(stamp) from source_clock), 0) + 1
        ) as now;
        """,
    ),
]
