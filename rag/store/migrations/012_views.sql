-- To be read: a row of each says what it is without looking anywhere else. Nothing of ours depends on them.
create view passage_view as
    select p.id, s.name as source, d.key, d.title, p.heading, p.text, p.start, p."end", d.url, d.author, d.date,
        d.id as document_id
    from passage p join document d on d.id = p.document_id join source s on s.id = d.source_id;
create view answer_view as
    select a.id, a.created, a.question, a.answer, a.answerable, a.citations,
        (select group_concat(distinct c.value ->> 'document') from json_each(a.object, '$.citations') c)
            as documents,
        a.model, t.name as asked_by, a.thumb, a.short, a.conversation, a.seconds
    from answer a left join token t on t.id = a.asked_by;
create view record_view as
    select r.id, r.job_id as job, d.seq, d.source, d.key, r.status, r.data, r.error, r.note, r.attempts,
        j.model, r.finished
    from job_document d join job_row r on r.job_id = d.job_id and r.hash = d.hash join job j on j.id = d.job_id;
