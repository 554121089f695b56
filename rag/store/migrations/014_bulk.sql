-- Nothing looks a passage up by its hash; words are gathered longer before they are written, so less is merged.
drop index passage_hash;
insert into passage_fts(passage_fts, rank) values ('hashsize', 4194304);
