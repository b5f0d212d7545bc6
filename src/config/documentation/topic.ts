/** What settings of a topic mean, a sentence each. */
export const TOPIC_DOCUMENTATION: Readonly<Record<string, string>> = {
  'cleanup.policy':
    'What happens to old records of the topic: delete them, compact by key, or both; an empty list keeps all.',
  'compression.type':
    'How batches of the topic are stored: with a codec of this name, uncompressed, or as the producer sent them.',
  'compression.gzip.level':
    'How hard gzip tries when the broker compresses records of the topic; -1 leaves it to the library.',
  'compression.lz4.level': 'How hard lz4 tries when the broker compresses records of the topic.',
  'compression.zstd.level':
    'How hard zstd tries when the broker compresses records of the topic; negative levels are faster.',
  'delete.retention.ms':
    'Time that deletion marks stay after compaction, in milliseconds: whoever reads the topic from its start must be done by then.',
  'file.delete.delay.ms': 'Time between taking a file out of the log and deleting it, in milliseconds.',
  'flush.messages': 'Number of records after which the log is flushed to disk.',
  'flush.ms': 'Longest time that a record stays unflushed, in milliseconds.',
  'follower.replication.throttled.replicas':
    'Replicas, as partition:broker, whose followers are throttled; * for all of them.',
  'index.interval.bytes': 'Bytes of records between two entries of the offset index.',
  'leader.replication.throttled.replicas':
    'Replicas, as partition:broker, whose leaders are throttled; * for all of them.',
  'local.retention.bytes':
    'Bytes of a partition that stay on local disk once they are stored remotely; -2 means as much as retention.bytes.',
  'local.retention.ms':
    'Time that segments stay on local disk once they are stored remotely, in milliseconds; -2 means as long as retention.ms.',
  'max.compaction.lag.ms': 'Time after which a record is due for compaction, in milliseconds.',
  'max.message.bytes': 'Largest record batch, as stored, that the topic takes, in bytes.',
  'message.timestamp.after.max.ms': "How far after the broker's time a record's timestamp may lie, in milliseconds.",
  'message.timestamp.before.max.ms': "How far before the broker's time a record's timestamp may lie, in milliseconds.",
  'message.timestamp.type': 'Whether records bear the time of their creation or of their append.',
  'min.cleanable.dirty.ratio': 'Share of the log that must be uncompacted before it is compacted.',
  'min.compaction.lag.ms': 'Time that a record stays uncompacted at least, in milliseconds.',
  'min.insync.replicas': 'In-sync replicas that a write with acks=all needs.',
  preallocate: 'Whether a new file takes its whole space on disk at once.',
  'remote.log.copy.disable': 'Whether new segments are no longer copied to remote storage, which stays readable.',
  'remote.log.delete.on.disable': 'Whether turning off remote storage deletes what is stored there.',
  'remote.storage.enable': 'Whether segments of the topic are also stored remotely.',
  'retention.bytes': 'Size of a partition above which its oldest records are deleted, in bytes; -1 means no limit.',
  'retention.ms': 'Time after which records may be deleted, in milliseconds; -1 means never.',
  'segment.bytes': 'Size at which a partition begins a new file, in bytes.',
  'segment.index.bytes': 'Largest size of an index file, in bytes.',
  'segment.jitter.ms': 'Random time by which a new file may begin earlier, in milliseconds.',
  'segment.ms': 'Age at which a partition begins a new file, in milliseconds.',
  'unclean.leader.election.enable':
    'Whether a replica that is not in sync may become leader as a last resort, at the price of lost records.',
}
