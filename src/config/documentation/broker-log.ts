/** What settings of logs, their cleaning and tiered storage mean, a sentence each. */
export const LOG_DOCUMENTATION: Readonly<Record<string, string>> = {
  'remote.log.storage.system.enable': 'Whether tiered storage is available in this broker.',
  'remote.log.storage.manager.impl.prefix': 'Prefix of the settings that are passed on to the remote storage manager.',
  'remote.log.metadata.manager.impl.prefix':
    'Prefix of the settings that are passed on to the manager of remote storage metadata.',
  'remote.log.storage.manager.class.name': 'The class that stores segments remotely.',
  'remote.log.storage.manager.class.path': 'Where the class that stores segments remotely is found.',
  'remote.log.metadata.manager.class.name': 'The class that keeps track of segments stored remotely.',
  'remote.log.metadata.manager.class.path': 'Where the class that keeps track of remote segments is found.',
  'remote.log.metadata.manager.listener.name':
    'Listener through which the manager of remote storage metadata reaches the brokers.',
  'remote.log.metadata.custom.metadata.max.bytes':
    'Most bytes that a storage plugin may add to the metadata of one segment.',
  'remote.log.index.file.cache.total.size.bytes':
    'Disk space for local copies of the indexes of remote segments, in bytes.',
  'remote.log.manager.thread.pool.size':
    'Threads that copied, followed and expired remote segments before each had its own pool.',
  'remote.log.manager.copier.thread.pool.size': 'Threads that copy segments to remote storage.',
  'remote.log.manager.expiration.thread.pool.size': 'Threads that delete expired segments from remote storage.',
  'remote.log.manager.follower.thread.pool.size': 'Threads that do the remote storage tasks of followers.',
  'remote.log.manager.task.interval.ms': 'Time between runs of the tasks of remote storage, in milliseconds.',
  'remote.log.reader.threads': 'Threads that read from remote storage.',
  'remote.log.reader.max.pending.tasks': 'Reads from remote storage that may wait.',
  'log.local.retention.ms':
    'Time that segments stay on local disk once they are stored remotely, in milliseconds; -2 means as long as the log itself.',
  'log.local.retention.bytes':
    'Bytes of a partition that stay on local disk once they are stored remotely; -2 means as much as the log itself.',
  'remote.log.manager.copy.max.bytes.per.second': 'Bytes per second that are copied to remote storage.',
  'remote.log.manager.copy.quota.window.num': 'Number of windows over which copying to remote storage is measured.',
  'remote.log.manager.copy.quota.window.size.seconds':
    'Length of one window in which copying to remote storage is measured, in seconds.',
  'remote.log.manager.fetch.max.bytes.per.second': 'Bytes per second that are read from remote storage.',
  'remote.log.manager.fetch.quota.window.num': 'Number of windows over which reading from remote storage is measured.',
  'remote.log.manager.fetch.quota.window.size.seconds':
    'Length of one window in which reading from remote storage is measured, in seconds.',
  'remote.fetch.max.wait.ms': 'Longest wait for remote storage before a fetch is answered, in milliseconds.',
  'remote.list.offsets.request.timeout.ms':
    'Longest wait for remote storage when offsets are looked up, in milliseconds.',
  'log.cleaner.threads': 'Threads that compact logs.',
  'log.cleaner.io.max.bytes.per.second': 'Bytes per second that compaction may read and write in all.',
  'log.cleaner.dedupe.buffer.size': 'Memory in which compaction remembers keys, over all its threads, in bytes.',
  'log.cleaner.io.buffer.size': 'Memory through which compaction copies records, over all its threads, in bytes.',
  'log.cleaner.io.buffer.load.factor': 'How full the memory for keys may get, as a share of it.',
  'log.cleaner.backoff.ms': 'Pause of compaction when there is nothing to do, in milliseconds.',
  'log.cleaner.min.cleanable.ratio': 'Share of a log that must be uncompacted before it is compacted.',
  'log.cleaner.enable': 'Whether compaction runs at all; internal topics need it.',
  'log.cleaner.delete.retention.ms': 'Time that deletion marks stay in compacted topics, in milliseconds.',
  'log.cleaner.min.compaction.lag.ms': 'Time that a record stays uncompacted at least, in milliseconds.',
  'log.cleaner.max.compaction.lag.ms': 'Time after which a record is due for compaction, in milliseconds.',
  'num.partitions': 'Partitions of a topic that is created without a number of its own.',
  'log.dir': 'Where logs are kept when log.dirs is not given.',
  'log.dirs': 'Directories in which logs are kept, separated by commas.',
  'cordoned.log.dirs': 'Log directories that take no new partitions; * for all of them.',
  'log.segment.bytes': 'Size at which a log begins a new file, in bytes.',
  'log.roll.ms': 'Age at which a log begins a new file, in milliseconds; wins over log.roll.hours.',
  'log.roll.hours': 'Age at which a log begins a new file, in hours.',
  'log.roll.jitter.ms':
    'Random time by which a new file may begin earlier, in milliseconds; wins over log.roll.jitter.hours.',
  'log.roll.jitter.hours': 'Random time by which a new file may begin earlier, in hours.',
  'log.retention.ms':
    'Time after which records may be deleted, in milliseconds; -1 means never. Wins over minutes and hours.',
  'log.retention.minutes': 'Time after which records may be deleted, in minutes; wins over log.retention.hours.',
  'log.retention.hours': 'Time after which records may be deleted, in hours.',
  'log.retention.bytes': 'Size of a partition above which its oldest records are deleted, in bytes; -1 means no limit.',
  'log.retention.check.interval.ms': 'Time between searches for segments to delete, in milliseconds.',
  'log.cleanup.policy': 'What happens to old records: delete them, compact by key, or both.',
  'log.index.size.max.bytes': 'Largest size of an index file, in bytes.',
  'log.index.interval.bytes': 'Bytes of records between two entries of an offset index.',
  'log.flush.interval.messages': 'Number of records after which a log is flushed to disk.',
  'log.segment.delete.delay.ms': 'Time between taking a file out of a log and deleting it, in milliseconds.',
  'log.flush.scheduler.interval.ms': 'Time between checks whether a log must be flushed, in milliseconds.',
  'log.flush.interval.ms':
    "Longest time that a record stays unflushed, in milliseconds; the scheduler's interval when not given.",
  'log.flush.offset.checkpoint.interval.ms':
    'Time between saves of the offset from which a log must be recovered, in milliseconds.',
  'log.flush.start.offset.checkpoint.interval.ms':
    'Time between saves of the offset at which logs start, in milliseconds.',
  'log.preallocate': 'Whether a new file takes its whole space on disk at once.',
  'num.recovery.threads.per.data.dir': 'Threads per log directory that load logs at start and flush them at stop.',
  'auto.create.topics.enable': 'Whether a topic that a client asks for is created when it does not exist.',
  'min.insync.replicas': 'In-sync replicas that a write with acks=all needs.',
  'log.message.timestamp.type': 'Whether records bear the time of their creation or of their append.',
  'log.message.timestamp.before.max.ms':
    "How far before the broker's time a record's timestamp may lie, in milliseconds.",
  'log.message.timestamp.after.max.ms':
    "How far after the broker's time a record's timestamp may lie, in milliseconds.",
  'create.topic.policy.class.name': 'The class that may refuse the creation of a topic.',
  'alter.config.policy.class.name': 'The class that may refuse a change of settings.',
  'log.dir.failure.timeout.ms':
    'Time after which a broker stops when it could not report a failed log directory, in milliseconds.',
}
