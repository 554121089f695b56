-- Fewer bytes a row. A hash is 22 characters and not 32 (rag/store/hashes.py), a seal the first 11; the text of a
-- passage is its own hash; `item` is empty where it is the key; what was never changed by a merge has no row of its
-- own in `document_clock`: its stamp is the time of its last change, by the same clock. `_chronicle_document` says
-- which document it was only once that is gone. `document_change` and `document_stamp` put together what is meant.
drop trigger chronicle_document_ai;
drop trigger chronicle_document_au;
drop trigger chronicle_document_ad;
drop trigger document_clock_insert;
drop trigger document_clock_update;
drop trigger document_clock_delete;
drop view clock;
drop index document_item;
drop index document_date;
drop index document_title;
drop index passage_window_hash;

update document set hash = rag_short(hash), title_hash = rag_short(title_hash),
    seal = substr(rag_short(seal), 1, 11), item = case when item = key then '' else item end;
update passage_window set hash = rag_short(hash);
update vector set hash = rag_short(hash);
update pushed set hash = rag_short(substr(hash, 1, 32)) || substr(hash, 33);
update _chronicle_document set source = '', key = '' where id in (select id from document);

create index document_item on document(source_id, item) where item != '';
create index document_date on document(date) where date != '';
create index document_title on document(title_hash) where title_hash != '';
create index passage_window_hash on passage_window(substr(hash, 1, 6));

-- A stamp is milliseconds, or one more than the largest that this index has seen. The last change has the largest.
create view clock as select max(
    cast((julianday('now') - 2440587.5) * 86400000 as integer),
    coalesce((select __updated_ms from _chronicle_document order by __version desc limit 1), 0) + 1,
    coalesce((select max(stamp) from document_clock), 0) + 1,
    coalesce((select max(stamp) from source_clock), 0) + 1
) as now;
create view document_change as
    select c.id, coalesce(s.name, c.source) as source, coalesce(d.key, c.key) as key, c.__added_ms, c.__updated_ms,
        c.__version, c.__deleted, c.added_version
    from _chronicle_document c left join document d on d.id = c.id left join source s on s.id = d.source_id;
create view document_stamp as
    select source, key, stamp, deleted from document_clock
    union all
    select s.name, d.key, c.__updated_ms, 0
    from document d join source s on s.id = d.source_id join _chronicle_document c on c.id = d.id
    where not exists (select 1 from document_clock k where k.source = s.name and k.key = d.key)
    union all
    select c.source, c.key, max(c.__updated_ms), 1 from _chronicle_document c
    where c.__deleted = 1 and not exists (select 1 from document_clock k where k.source = c.source and k.key = c.key)
        and not exists (
            select 1 from document d join source s on s.id = d.source_id where s.name = c.source and d.key = c.key
        )
    group by c.source, c.key;

create trigger chronicle_document_ai after insert on document begin
    insert into _chronicle_document
        (id, __added_ms, __updated_ms, __version, __deleted, added_version, source, key)
    select new.id, c.now, c.now, v, 0, v, '', ''
    from clock c, (select coalesce(max(__version), 0) + 1 as v from _chronicle_document);
    delete from document_clock
    where source = (select name from source where id = new.source_id) and key = new.key;
end;
create trigger chronicle_document_au after update on document
when old.hash is not new.hash or old.key is not new.key begin
    update _chronicle_document set __updated_ms = (select now from clock),
        __version = (select max(__version) + 1 from _chronicle_document)
    where id = new.id;
    delete from document_clock
    where source = (select name from source where id = new.source_id) and key = new.key;
    insert into document_clock (source, key, stamp, deleted)
    select s.name, old.key, c.now, 1 from source s, clock c
    where s.id = old.source_id and old.key is not new.key
    on conflict (source, key) do update set stamp = excluded.stamp, deleted = 1;
end;
create trigger chronicle_document_ad after delete on document begin
    update _chronicle_document set __updated_ms = (select now from clock), __deleted = 1,
        __version = (select max(__version) + 1 from _chronicle_document),
        source = coalesce((select name from source where id = old.source_id), ''), key = old.key
    where id = old.id;
    delete from document_clock
    where source = (select name from source where id = old.source_id) and key = old.key;
end;
-- Documents go before their source, so that it can be said whose they were.
create trigger source_documents before delete on source begin
    delete from document where source_id = old.id;
end;
alter table passage drop column hash;
