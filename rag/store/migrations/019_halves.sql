-- A vector is kept as float32 or as float16 (rag/store/vectors.py). `embeddings` gives float32 of either, by arithmetic
-- alone, since `llm` lends no function: `byte` holds all bytes in order, so that instr() gives the number of one;
-- `high` the first byte of a float32 by the second of a float16, whose exponent is 112 less. What is smaller than a
-- float16 of normal form counts as zero, and is written as zero.
drop view embeddings;
create view embeddings as
    with bytes(byte, high) as (select
        x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
        x'000000003838383839393939393939393a3a3a3a3a3a3a3a3b3b3b3b3b3b3b3b3c3c3c3c3c3c3c3c3d3d3d3d3d3d3d3d3e3e3e3e3e3e3e3e3f3f3f3f3f3f3f3f4040404040404040414141414141414142424242424242424343434343434343444444444444444445454545454545454646464646464646474747474747474780808080b8b8b8b8b9b9b9b9b9b9b9b9bababababababababbbbbbbbbbbbbbbbbcbcbcbcbcbcbcbcbdbdbdbdbdbdbdbdbebebebebebebebebfbfbfbfbfbfbfbfc0c0c0c0c0c0c0c0c1c1c1c1c1c1c1c1c2c2c2c2c2c2c2c2c3c3c3c3c3c3c3c3c4c4c4c4c4c4c4c4c5c5c5c5c5c5c5c5c6c6c6c6c6c6c6c6c7c7c7c7c7c7c7c7'
    )
    select d.source_id as collection_id,
        d.key || '#' || p.seq || case w.seq when 0 then '' else '.' || w.seq end as id,
        case when length(v.data) = 4 * m.dimensions then v.data else (
            with recursive half(place, data) as (
                select 1, x'' union all
                select place + 2, cast(data || x'00'
                    || substr(byte, ((instr(byte, substr(v.data, place, 1)) - 1 & 7) << 5) + 1, 1)
                    || substr(byte, ((instr(byte, substr(v.data, place + 1, 1)) - 1 & 7) << 5
                        | (instr(byte, substr(v.data, place, 1)) - 1 >> 3)) + 1, 1)
                    || substr(high, instr(byte, substr(v.data, place + 1, 1)), 1) as blob)
                from half, bytes where place < length(v.data)
            )
            select data from half where place > length(v.data)
        ) end as embedding,
        substr(p.text, w.start + 1, w."end" - w.start) as content, null as content_blob,
        w.hash as content_hash, json_set(d.meta, '$.title', d.title, '$.url', d.url) as metadata,
        cast(strftime('%s', d.indexed) as integer) as updated
    from passage p
    join document d on d.id = p.document_id
    join passage_window w on w.passage_id = p.id
    join model m on m.fingerprint = (select json_extract(value, '$') from setting where key = 'fingerprint')
    join vector v on v.hash = w.hash and v.model_id = m.id;
