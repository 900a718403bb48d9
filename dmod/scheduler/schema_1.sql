-- The queue, version 1. Times are seconds since 1970 in UTC, given by Python.

create table job (
    id integer primary key autoincrement, -- in the order of submission
    name text not null,
    kind text not null,
    status text not null default 'queued',
    cpus integer not null,
    memory integer not null, -- bytes, 0: no limit
    submitted real not null,
    started real,
    ended real,
    reason text not null default '', -- why it failed or was canceled
    exit_code integer,
    attempt integer not null default 1,
    stop text not null default '', -- why it is to stop, '' if it is not
    cwd text not null,
    spec text not null, -- JSON: what the user asked for
    prepared text not null, -- JSON: datasets by role, period, catchments
    handle text not null default '{}', -- JSON: what the executor needs to find it again
    allocation text not null default '[]' -- JSON: what it holds of each node
) strict;

create index job_by_status on job (status, id);

create table event (
    id integer primary key autoincrement,
    job integer not null references job (id),
    status text not null,
    time real not null,
    note text not null default ''
) strict;

create index event_by_job on event (job, id);
