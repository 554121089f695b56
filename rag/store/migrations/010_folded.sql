-- Words are searched folded and in pieces (rag/folding.py). What differs from the passage is kept in `folded`,
-- as JSON; the rest is searched as it is, so that most texts are stored once.
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
