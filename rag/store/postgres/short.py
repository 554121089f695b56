"""
Shorter hashes, and what is said only once: a migration of servers, as 020 of rag/store/migrations is of files.

`document_clock` has a row for every document that is put here; what came from a file may have none, and then its last
change says when that was.
"""

from __future__ import annotations

SHORT = """
create function short(hash text) returns text language sql immutable as $$
    select case when hash ~ '^[0-9a-f]{32}$'
        then rtrim(translate(encode(decode(hash, 'hex'), 'base64'), '+/', '-_'), '=') else hash end
$$;
drop index document_item;
drop index document_date;
drop index document_title;
drop index passage_window_hash;
alter table document disable trigger user;
update document set hash = short(hash), title_hash = short(title_hash), seal = left(short(seal), 11),
    item = case when item = key then '' else item end;
alter table document enable trigger user;
update passage_window set hash = short(hash);
update vector set hash = short(hash);
update pushed set hash = short(left(hash, 32)) || substr(hash, 33);
alter table passage drop column hash;
drop function short(text);
create index document_item on document(source_id, item) where item != '';
create index document_date on document(date) where date != '';
create index document_title on document(title_hash) where title_hash != '';
create index passage_window_hash on passage_window(substr(hash, 1, 6));
create or replace function clock() returns bigint language sql as $$
    select greatest((extract(epoch from clock_timestamp()) * 1000)::bigint,
        coalesce((select __updated_ms from _chronicle_document order by __version desc limit 1), 0) + 1,
        coalesce((select max(stamp) from document_clock), 0) + 1,
        coalesce((select max(stamp) from source_clock), 0) + 1)
$$;
create view document_change as
    select c.id, coalesce(s.name, c.source) as source, coalesce(d.key, c.key) as key, c.__added_ms,
        c.__updated_ms, c.__version, c.__deleted, c.added_version
    from _chronicle_document c left join document d on d.id = c.id left join source s on s.id = d.source_id;
create view document_stamp as
    select source, key, stamp, deleted from document_clock
    union all
    select s.name, d.key, c.__updated_ms, 0
    from document d join source s on s.id = d.source_id join _chronicle_document c on c.id = d.id
    where not exists (select 1 from document_clock k where k.source = s.name and k.key = d.key)
    union all
    select c.source, c.key, max(c.__updated_ms), 1 from _chronicle_document c
    where c.__deleted = 1
        and not exists (select 1 from document_clock k where k.source = c.source and k.key = c.key)
        and not exists (select 1 from document d join source s on s.id = d.source_id
            where s.name = c.source and d.key = c.key)
    group by c.source, c.key;
"""
