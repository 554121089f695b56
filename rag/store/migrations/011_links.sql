-- Notes that link to each other ([[Note]], an alias, a path): names, to be joined (rag/wikilinks.py).
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
