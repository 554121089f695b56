-- What a document said before it was changed or removed, for ninety days: so that a difference can be shown. And
-- when each document and source was last changed, by a clock that never goes back: so that indexes that were
-- edited apart can be merged. A stamp is milliseconds, or one more than the largest that this index has seen.
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
