-- The server: who may come in, and what people did with its answers.
create table token (
    id integer primary key autoincrement, name text not null, hash text not null unique,
    scopes text not null, sources text not null default '', created text not null,
    expires text, used text, revoked text
);
alter table answer add column short text;
alter table answer add column thumb integer not null default 0;
alter table answer add column asked_by integer;
create unique index answer_short on answer(short) where short is not null;
