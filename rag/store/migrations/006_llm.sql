-- To `llm` this file is a database of embeddings, a collection a source, to read: llm collections list,
-- llm similar. Its own migrations are recorded as done, so that it leaves the views alone.
create view collections as
    select s.id, s.name,
        'rag-' || (select json_extract(value, '$') from setting where key = 'embedder') as model
    from source s;
create view embeddings as
    select d.source_id as collection_id, d.key || '#' || p.seq as id, v.data as embedding, p.text as content,
        null as content_blob, p.hash as content_hash,
        json_set(d.meta, '$.title', d.title, '$.url', d.url) as metadata,
        cast(strftime('%s', d.indexed) as integer) as updated
    from passage p
    join document d on d.id = p.document_id
    join vector v on v.hash = p.hash and v.model_id = (
        select m.id from model m where m.fingerprint =
            (select json_extract(value, '$') from setting where key = 'fingerprint')
    );
insert into _sqlite_migrations (migration_set, name, applied_at)
    select 'llm.embeddings', value, strftime('%Y-%m-%dT%H:%M:%SZ', 'now') from json_each(
        '["m001_create_tables", "m002_foreign_key", "m003_add_updated", "m004_store_content_hash",'
        || ' "m005_add_content_blob"]'
    );
