create table job (
    id integer primary key autoincrement, hash text not null unique,
    schema text not null, schema_hash text not null, prompt text not null, prompt_hash text not null,
    model text not null, fingerprint text not null, settings text not null default '{}',
    runs integer not null default 0, created text not null, used text not null
);

create table job_row (
    id integer primary key,
    job_id integer not null references job(id) on delete cascade,
    hash text not null,
    status text not null default 'pending' check (status in ('pending', 'done', 'failed')),
    data text, evidence text, raw text not null default '',
    error text not null default '', note text not null default '',
    attempts integer not null default 0, windows integer not null default 1,
    tokens_in integer not null default 0, tokens_out integer not null default 0,
    seconds real not null default 0, finished text,
    unique (job_id, hash)
);

create table job_document (
    id integer primary key,
    job_id integer not null references job(id) on delete cascade,
    seq integer not null, source text not null, key text not null, hash text not null,
    unique (job_id, seq)
);
