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
