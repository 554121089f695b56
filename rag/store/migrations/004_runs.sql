create table eval_run (
    id integer primary key autoincrement,
    suite text not null, system text not null, task text not null, fingerprint text not null,
    settings text not null, provenance text not null, cases integer not null,
    state text not null default 'started' check (state in ('started', 'done')),
    started text not null, finished text
);
create index eval_run_suite on eval_run(suite, system);
create index eval_run_fingerprint on eval_run(fingerprint);

create table eval_outcome (
    id integer primary key,
    run_id integer not null references eval_run(id) on delete cascade,
    case_id text not null, question text not null, expected text not null, output text not null,
    error text not null default '', seconds real not null,
    tokens_in integer not null default 0, tokens_out integer not null default 0,
    unique (run_id, case_id)
);

create table eval_score (
    id integer primary key,
    outcome_id integer not null references eval_outcome(id) on delete cascade,
    measure text not null, value real not null, weight real not null
);
create index eval_score_outcome on eval_score(outcome_id);
