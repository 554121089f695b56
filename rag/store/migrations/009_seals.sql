-- A hash over a document's row, its passages and its windows, so that `rag doctor` sees a change of any of them.
alter table document add column seal text not null default '';
