-- The text of a passage stands in its document, so it is no longer written a second time. `own` is the text itself
-- only where the document does not give it: beyond its first 100,000 characters, since SQLite counts them from the
-- beginning, behind a NUL, at which it stops, or because another program changed one of the two. `passage_whole` has
-- every passage with its text.
drop trigger passage_fts_insert;
drop trigger passage_fts_delete;
drop trigger passage_fts_update;
drop view passage_searched;
drop view passage_view;
drop view embeddings;
drop view clustered;

alter table passage rename column text to own;
update passage set own = '' where "end" <= 100000
    and own = (select substr(d.text, passage.start + 1, passage."end" - passage.start) from document d where d.id = document_id);

create view passage_whole as select p.id, p.document_id, p.seq, p.start, p."end", p.title, p.heading,
    coalesce(nullif(p.own, ''),
        (select substr(d.text, p.start + 1, p."end" - p.start) from document d where d.id = p.document_id)) as text,
    p.identifiers, p.folded
    from passage p;
create view passage_searched as select p.id,
    coalesce(json_extract(p.folded, '$.title'), p.title) as title,
    coalesce(json_extract(p.folded, '$.heading'), p.heading) as heading,
    coalesce(json_extract(p.folded, '$.text'), p.text) as text, p.identifiers,
    p.id as rowid /* by which Datasette searches a view */
    from passage_whole p;
create view passage_view as
    select p.id, s.name as source, d.key, d.title, p.heading, p.text, p.start, p."end", d.url, d.author, d.date,
        d.id as document_id
    from passage_whole p join document d on d.id = p.document_id join source s on s.id = d.source_id;
create view embeddings as
    with bytes(byte, high) as (select
        x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
        x'000000003838383839393939393939393a3a3a3a3a3a3a3a3b3b3b3b3b3b3b3b3c3c3c3c3c3c3c3c3d3d3d3d3d3d3d3d3e3e3e3e3e3e3e3e3f3f3f3f3f3f3f3f4040404040404040414141414141414142424242424242424343434343434343444444444444444445454545454545454646464646464646474747474747474780808080b8b8b8b8b9b9b9b9b9b9b9b9bababababababababbbbbbbbbbbbbbbbbcbcbcbcbcbcbcbcbdbdbdbdbdbdbdbdbebebebebebebebebfbfbfbfbfbfbfbfc0c0c0c0c0c0c0c0c1c1c1c1c1c1c1c1c2c2c2c2c2c2c2c2c3c3c3c3c3c3c3c3c4c4c4c4c4c4c4c4c5c5c5c5c5c5c5c5c6c6c6c6c6c6c6c6c7c7c7c7c7c7c7c7'
    )
    select d.source_id as collection_id,
        d.key || '#' || p.seq || case w.seq when 0 then '' else '.' || w.seq end as id,
        case when length(v.data) = 4 * m.dimensions then v.data else (
            with recursive half(place, data) as (
                select 1, x'' union all
                select place + 2, cast(data || x'00'
                    || substr(byte, ((instr(byte, substr(v.data, place, 1)) - 1 & 7) << 5) + 1, 1)
                    || substr(byte, ((instr(byte, substr(v.data, place + 1, 1)) - 1 & 7) << 5
                        | (instr(byte, substr(v.data, place, 1)) - 1 >> 3)) + 1, 1)
                    || substr(high, instr(byte, substr(v.data, place + 1, 1)), 1) as blob)
                from half, bytes where place < length(v.data)
            )
            select data from half where place > length(v.data)
        ) end as embedding,
        substr(p.text, w.start + 1, w."end" - w.start) as content, null as content_blob,
        w.hash as content_hash, json_set(d.meta, '$.title', d.title, '$.url', d.url) as metadata,
        cast(strftime('%s', d.indexed) as integer) as updated
    from passage_whole p
    join document d on d.id = p.document_id
    join passage_window w on w.passage_id = p.id
    join model m on m.fingerprint = (select json_extract(value, '$') from setting where key = 'fingerprint')
    join vector v on v.hash = w.hash and v.model_id = m.id;
create view clustered as
    select i.id, g.items, g.filters, c.number, c.name as cluster, s.name as source, d.key, d.title, d.author,
        d.date, d.url, i.similarity, coalesce(p.text, substr(d.text, 1, 400)) as text
    from cluster_item i
    join cluster c on c.id = i.cluster_id
    join clustering g on g.id = c.clustering_id
    join document d on d.id = i.document_id
    join source s on s.id = d.source_id
    left join passage_whole p on p.id = i.passage_id;

create trigger passage_fts_insert after insert on passage begin
    insert into passage_fts(rowid, title, heading, text, identifiers)
    select id, title, heading, text, identifiers from passage_searched where id = new.id;
end;
create trigger passage_fts_delete before delete on passage begin
    insert into passage_fts(passage_fts, rowid, title, heading, text, identifiers)
    select 'delete', id, title, heading, text, identifiers from passage_searched where id = old.id;
end;
create trigger passage_fts_change before update on passage
when (old.title, old.heading, old.identifiers, old.folded) is not (new.title, new.heading, new.identifiers, new.folded)
    or coalesce(nullif(old.own, ''),
        (select substr(d.text, old.start + 1, old."end" - old.start) from document d where d.id = old.document_id))
    is not coalesce(nullif(new.own, ''),
        (select substr(d.text, new.start + 1, new."end" - new.start) from document d where d.id = new.document_id))
begin
    insert into passage_fts(passage_fts, rowid, title, heading, text, identifiers)
    select 'delete', id, title, heading, text, identifiers from passage_searched where id = old.id;
end;
create trigger passage_fts_update after update on passage
when (old.title, old.heading, old.identifiers, old.folded) is not (new.title, new.heading, new.identifiers, new.folded)
    or coalesce(nullif(old.own, ''),
        (select substr(d.text, old.start + 1, old."end" - old.start) from document d where d.id = old.document_id))
    is not coalesce(nullif(new.own, ''),
        (select substr(d.text, new.start + 1, new."end" - new.start) from document d where d.id = new.document_id))
begin
    insert into passage_fts(rowid, title, heading, text, identifiers)
    select id, title, heading, text, identifiers from passage_searched where id = new.id;
end;

-- Whoever changes the text of a document leaves its passages as they were, until they are cut anew; and they go first.
create trigger document_text before update of text on document when old.text is not new.text begin
    update passage set own = substr(old.text, start + 1, "end" - start) where document_id = old.id and own = '';
end;
create trigger document_passages before delete on document begin
    delete from passage where document_id = old.id;
end;
-- Rows became shorter: the next `rag optimize` writes every page anew (rag/store/size.py).
insert or ignore into setting (key, value) select 'shorter', 'true' where exists (select 1 from document);
