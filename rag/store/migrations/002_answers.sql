create table answer (
    id integer primary key autoincrement, conversation integer not null,
    question text not null, answer text not null, answerable integer not null, citations integer not null,
    model text not null, fingerprint text not null, prompt_hash text not null, grammar_hash text not null,
    seconds real not null, object text not null, settings text not null, history text not null,
    created text not null
);
create index answer_conversation on answer(conversation);
