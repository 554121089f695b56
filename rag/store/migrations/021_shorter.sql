-- Rows became shorter: the next `rag optimize` writes every page anew (rag/store/size.py).
insert into setting (key, value) select 'shorter', 'true' where exists (select 1 from document);
