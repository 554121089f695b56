-- Groups of passages or documents as they were last made; Datasette shows a cluster's name for its number.
create table clustering (
    id integer primary key, items text not null, filters text not null default '{}',
    fingerprint text not null, inputs text not null, seed integer not null, auto integer not null,
    cohesion real not null, made text not null,
    unique (items, filters)
);
create table cluster (
    id integer primary key,
    clustering_id integer not null references clustering(id) on delete cascade,
    number integer not null, name text not null, size integer not null, cohesion real not null,
    keywords text not null, centre blob not null, named integer not null default 0,
    unique (clustering_id, number)
);
create table cluster_item (
    id integer primary key,
    cluster_id integer not null references cluster(id) on delete cascade,
    document_id integer not null references document(id) on delete cascade,
    passage_id integer references passage(id) on delete cascade,
    similarity real not null, x real, y real
);
create index cluster_item_cluster on cluster_item(cluster_id);
create index cluster_item_document on cluster_item(document_id);
create index cluster_item_passage on cluster_item(passage_id);
create view clustered as
    select i.id, g.items, g.filters, c.number, c.name as cluster, s.name as source, d.key, d.title, d.author,
        d.date, d.url, i.similarity, coalesce(p.text, substr(d.text, 1, 400)) as text
    from cluster_item i
    join cluster c on c.id = i.cluster_id
    join clustering g on g.id = c.clustering_id
    join document d on d.id = i.document_id
    join source s on s.id = d.source_id
    left join passage p on p.id = i.passage_id;
