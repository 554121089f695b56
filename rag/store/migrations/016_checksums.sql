-- A checksum of each row (rag/store/checksums.py): an index of the rows that have none, a trigger that takes it away.
-- The trigger of `_chronicle_document` names its columns, since there is one more.
alter table setting add column checksum integer;
create index setting_unsealed on setting(id) where checksum is null;
create trigger setting_changed after update of key, value on setting when new.checksum is not null begin
    update setting set checksum = null where id = new.id;
end;
alter table model add column checksum integer;
create index model_unsealed on model(id) where checksum is null;
create trigger model_changed after update of name, fingerprint, dimensions on model when new.checksum is not null begin
    update model set checksum = null where id = new.id;
end;
alter table source add column checksum integer;
create index source_unsealed on source(id) where checksum is null;
create trigger source_changed after update of name, kind, settings, cursor, refreshed, error on source when new.checksum is not null begin
    update source set checksum = null where id = new.id;
end;
alter table document add column checksum integer;
create index document_unsealed on document(id) where checksum is null;
create trigger document_changed after update of source_id, key, title, url, author, date, kind, meta, hash, title_hash, item, stamp, indexed, seal on document when new.checksum is not null begin
    update document set checksum = null where id = new.id;
end;
alter table answer add column checksum integer;
create index answer_unsealed on answer(id) where checksum is null;
create trigger answer_changed after update of conversation, question, answer, answerable, citations, model, fingerprint, prompt_hash, grammar_hash, seconds, object, settings, history, created, short, thumb, asked_by on answer when new.checksum is not null begin
    update answer set checksum = null where id = new.id;
end;
alter table job add column checksum integer;
create index job_unsealed on job(id) where checksum is null;
create trigger job_changed after update of hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, settings, runs, created, used on job when new.checksum is not null begin
    update job set checksum = null where id = new.id;
end;
alter table job_row add column checksum integer;
create index job_row_unsealed on job_row(id) where checksum is null;
create trigger job_row_changed after update of job_id, hash, status, data, evidence, raw, error, note, attempts, windows, tokens_in, tokens_out, seconds, finished on job_row when new.checksum is not null begin
    update job_row set checksum = null where id = new.id;
end;
alter table job_document add column checksum integer;
create index job_document_unsealed on job_document(id) where checksum is null;
create trigger job_document_changed after update of job_id, seq, source, key, hash on job_document when new.checksum is not null begin
    update job_document set checksum = null where id = new.id;
end;
alter table eval_run add column checksum integer;
create index eval_run_unsealed on eval_run(id) where checksum is null;
create trigger eval_run_changed after update of suite, system, task, fingerprint, settings, provenance, cases, state, started, finished on eval_run when new.checksum is not null begin
    update eval_run set checksum = null where id = new.id;
end;
alter table eval_outcome add column checksum integer;
create index eval_outcome_unsealed on eval_outcome(id) where checksum is null;
create trigger eval_outcome_changed after update of run_id, case_id, question, expected, output, error, seconds, tokens_in, tokens_out on eval_outcome when new.checksum is not null begin
    update eval_outcome set checksum = null where id = new.id;
end;
alter table eval_score add column checksum integer;
create index eval_score_unsealed on eval_score(id) where checksum is null;
create trigger eval_score_changed after update of outcome_id, measure, value, weight on eval_score when new.checksum is not null begin
    update eval_score set checksum = null where id = new.id;
end;
alter table alert add column checksum integer;
create index alert_unsealed on alert(id) where checksum is null;
create trigger alert_changed after update of name, query, min_score, source, seen, created, run on alert when new.checksum is not null begin
    update alert set checksum = null where id = new.id;
end;
alter table token add column checksum integer;
create index token_unsealed on token(id) where checksum is null;
create trigger token_changed after update of name, hash, scopes, sources, created, expires, used, revoked on token when new.checksum is not null begin
    update token set checksum = null where id = new.id;
end;
alter table document_past add column checksum integer;
create index document_past_unsealed on document_past(id) where checksum is null;
create trigger document_past_changed after update of source, key, title, text, version, ms on document_past when new.checksum is not null begin
    update document_past set checksum = null where id = new.id;
end;
alter table document_clock add column checksum integer;
create index document_clock_unsealed on document_clock(id) where checksum is null;
create trigger document_clock_changed after update of source, key, stamp, deleted on document_clock when new.checksum is not null begin
    update document_clock set checksum = null where id = new.id;
end;
alter table source_clock add column checksum integer;
create index source_clock_unsealed on source_clock(id) where checksum is null;
create trigger source_clock_changed after update of name, stamp, deleted on source_clock when new.checksum is not null begin
    update source_clock set checksum = null where id = new.id;
end;
alter table clustering add column checksum integer;
create index clustering_unsealed on clustering(id) where checksum is null;
create trigger clustering_changed after update of items, filters, fingerprint, inputs, seed, auto, cohesion, made on clustering when new.checksum is not null begin
    update clustering set checksum = null where id = new.id;
end;
alter table cluster add column checksum integer;
create index cluster_unsealed on cluster(id) where checksum is null;
create trigger cluster_changed after update of clustering_id, number, name, size, cohesion, keywords, centre, named on cluster when new.checksum is not null begin
    update cluster set checksum = null where id = new.id;
end;
alter table cluster_item add column checksum integer;
create index cluster_item_unsealed on cluster_item(id) where checksum is null;
create trigger cluster_item_changed after update of cluster_id, document_id, passage_id, similarity, x, y on cluster_item when new.checksum is not null begin
    update cluster_item set checksum = null where id = new.id;
end;
alter table _chronicle_document add column checksum integer;
create index chronicle_document_unsealed on _chronicle_document(id) where checksum is null;
create trigger chronicle_document_changed after update of __added_ms, __updated_ms, __version, __deleted, added_version, source, key on _chronicle_document when new.checksum is not null begin
    update _chronicle_document set checksum = null where id = new.id;
end;
drop trigger chronicle_document_ai;
create trigger chronicle_document_ai after insert on document begin
    insert into _chronicle_document
        (id, __added_ms, __updated_ms, __version, __deleted, added_version, source, key)
    select new.id, cast(unixepoch('subsec') * 1000 as integer), cast(unixepoch('subsec') * 1000 as integer),
        v, 0, v, coalesce((select name from source where id = new.source_id), ''), new.key
    from (select coalesce(max(__version), 0) + 1 as v from _chronicle_document);
end;
