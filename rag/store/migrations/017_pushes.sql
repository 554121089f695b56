-- What was sent to which place (rag push), so that only what changed is sent. No token is kept.
create table push (id integer primary key, url text not null unique, kind text not null, sent text);
create table pushed (
    id integer primary key, push_id integer not null references push(id) on delete cascade,
    source text not null, key text not null, hash text not null, names text not null,
    unique (push_id, source, key)
);
