-- What is embedded is a window of a passage, so that a sentence in a long passage is found, and the title.
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
