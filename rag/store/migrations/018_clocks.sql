-- `unixepoch('subsec')` is null before SQLite 3.42: another program that changes a document may be older.
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
