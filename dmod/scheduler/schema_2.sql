-- Version 2: jobs have tasks. Columns of a job that a task has too are what its tasks come to.

alter table job add column priority integer not null default 50;
alter table job add column place real not null default 0; -- jobs start in this order: submitted - priority * AGING
alter table job add column paradigm text not null default 'single-node';
alter table job add column time_limit integer not null default 0; -- seconds, 0: none
alter table job add column held integer not null default 0; -- 1: it waits for a release
alter table job add column numbers text not null default ''; -- of its tasks: '1-100'; '': it is no array
alter table job add column size integer not null default 1; -- tasks
alter table job add column begun integer not null default 0; -- of its numbers, from the first on, that have a row in task
alter table job add column at_once integer not null default 0; -- so many tasks at once, 0: no limit
alter table job add column running integer not null default 0; -- tasks, as the next three
alter table job add column completed integer not null default 0;
alter table job add column failed integer not null default 0;
alter table job add column canceled integer not null default 0;
alter table job add column cpu real not null default 0; -- seconds, of all attempts of all tasks
alter table job add column peak integer not null default 0; -- bytes, of the largest process
alter table job add column read integer not null default 0; -- bytes
alter table job add column written integer not null default 0; -- bytes
alter table job add column origin text not null default '{}'; -- JSON: versions and host
alter table job add column fingerprint text not null default ''; -- equal for jobs that must make the same

create table task ( -- one row for each task that was begun; the others are queued as their job was submitted
    job integer not null references job (id),
    number integer not null,
    status text not null,
    attempt integer not null default 1,
    due real not null default 0, -- not before
    started real,
    ended real,
    exit_code integer,
    reason text not null default '',
    stop text not null default '', -- why it is to stop, '' if it is not
    handle text not null default '{}', -- JSON: what the executor needs to find it again
    allocation text not null default '[]', -- JSON: what it holds of each node
    bound text not null default '', -- the numbers of the cpus it is bound to: '0,1'
    cpu real not null default 0,
    peak integer not null default 0,
    primary key (job, number)
) strict, without rowid;

create index task_active on task (status) where status in ('queued', 'staging', 'running', 'collecting');

create table item ( -- what is a task's own: a line, or its spec and data as JSON
    job integer not null references job (id),
    number integer not null,
    text text not null,
    primary key (job, number)
) strict, without rowid;

create table dependency (
    job integer not null references job (id),
    needs integer not null references job (id),
    always integer not null, -- 1: however it ended
    primary key (job, needs)
) strict, without rowid;

create index dependency_by_need on dependency (needs);

create table node ( -- those on which no new task starts
    name text primary key,
    why text not null,
    since real not null
) strict, without rowid;

alter table event add column task integer; -- null: of the job

insert into task (job, number, status, attempt, started, ended, exit_code, reason, stop, handle, allocation)
select id, 0, status, attempt, started, ended, exit_code, reason, stop, handle, allocation
from job where status != 'queued' or attempt > 1;

update job set
    place = submitted - 50 * 600,
    paradigm = coalesce(json_extract(spec, '$.resources.paradigm'), 'single-node'),
    time_limit = coalesce(json_extract(spec, '$.resources.time_limit'), 0),
    begun = (status != 'queued' or attempt > 1),
    running = status in ('staging', 'running', 'collecting'),
    completed = status = 'completed',
    failed = status = 'failed',
    canceled = status = 'canceled';

alter table job drop column handle;
alter table job drop column allocation;

create index job_by_name on job (name, id);
create index job_by_place on job (place, id) where status = 'queued';
create index job_by_submission on job (submitted);
create index job_by_end on job (ended) where ended is not null;
create index job_by_fingerprint on job (fingerprint) where fingerprint != '';
