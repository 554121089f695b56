-- `_chronicle_document` has the form of sqlite-chronicle, so its readers work on it; it is kept by our triggers,
-- which do not count a touched file as a change, and it also says what a removed row was.
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
