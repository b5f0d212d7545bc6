/** What settings of a node, its network, replication, transactions, quorum and metrics mean, a sentence each. */
export const SERVER_DOCUMENTATION: Readonly<Record<string, string>> = {
  'broker.id': 'Older name of node.id; when both are given they must be equal.',
  'node.id': 'The number by which the cluster knows this node; no two nodes may share one.',
  'process.roles': 'What this process is: broker, controller, or both.',
  'broker.rack': 'Where this broker stands (a rack or zone), so that replicas are spread over several such places.',
  'message.max.bytes': 'Largest record batch, as stored, that a topic without a limit of its own takes, in bytes.',
  'num.io.threads': 'Threads that work on requests, disk access included.',
  'num.network.threads': 'Threads per listener that read requests from and write answers to the network.',
  'num.replica.alter.log.dirs.threads': 'Threads that move replicas from one log directory to another.',
  'background.threads': "Threads for the broker's background jobs.",
  'request.timeout.ms': 'Longest wait for the answer to a request that this node sends, in milliseconds.',
  'socket.connection.setup.timeout.ms':
    'Time allowed for the first attempt to open a connection, in milliseconds; it grows with each failure.',
  'socket.connection.setup.timeout.max.ms':
    'Upper bound of the growing time allowed to open a connection, in milliseconds.',
  'config.providers': 'Names of providers that replace placeholders in settings by values kept elsewhere.',
  'authorizer.class.name': 'The class that decides who may do what; none means that everybody may do everything.',
  'early.start.listeners': 'Listeners that accept connections before the authorizer is ready.',
  'controlled.shutdown.enable': 'Whether a broker that stops first hands its leaderships to others.',
  'delete.topic.enable': 'Whether topics may be deleted at all.',
  'compression.type': 'How batches are stored: with a codec of this name, uncompressed, or as the producer sent them.',
  'compression.gzip.level': 'How hard gzip tries when the broker compresses; -1 leaves it to the library.',
  'compression.lz4.level': 'How hard lz4 tries when the broker compresses.',
  'compression.zstd.level': 'How hard zstd tries when the broker compresses; negative levels are faster.',
  'max.incremental.fetch.session.cache.slots': 'Number of incremental fetch sessions that the broker keeps.',
  'fetch.max.bytes': 'Most bytes of records in one answer to a fetch; a single larger batch is still sent.',
  'max.request.partition.size.limit': 'Most partitions that one answer describes where clients page through topics.',
  'initial.broker.registration.timeout.ms':
    'How long a starting broker tries to register with the controller before it gives up, in milliseconds.',
  'broker.heartbeat.interval.ms':
    'Time between the heartbeats by which a broker tells the controller that it lives, in milliseconds.',
  'broker.session.timeout.ms': 'Time without a heartbeat after which the controller fences a broker, in milliseconds.',
  'controller.listener.names': 'Listeners that belong to the controller; brokers reach it through the first of them.',
  'sasl.mechanism.controller.protocol': 'SASL mechanism with which nodes authenticate to the controller.',
  'metadata.log.max.record.bytes.between.snapshots': 'Bytes of new metadata after which a snapshot of it is written.',
  'metadata.log.max.snapshot.interval.ms':
    'Longest time between snapshots of changed metadata, in milliseconds; 0 means no limit by time.',
  'metadata.log.dir': 'Directory of the metadata log; the first log directory when not given.',
  'metadata.log.segment.bytes': 'Size at which the metadata log begins a new file, in bytes.',
  'metadata.log.segment.ms': 'Age at which the metadata log begins a new file, in milliseconds.',
  'metadata.max.retention.bytes': 'Size above which old metadata that a snapshot covers is deleted, in bytes.',
  'metadata.max.retention.ms': 'Age above which old metadata that a snapshot covers is deleted, in milliseconds.',
  'metadata.max.idle.interval.ms':
    'Longest silence of the active controller, in milliseconds; then it appends an empty record. 0 turns this off.',
  listeners:
    'Addresses at which this node accepts connections, each as NAME://host:port; an empty host means all interfaces.',
  'advertised.listeners': 'Addresses that clients and other nodes are told to use; those of listeners when not given.',
  'listener.security.protocol.map': 'Which security protocol each listener name stands for, as NAME:PROTOCOL pairs.',
  'socket.send.buffer.bytes':
    "Size of the send buffer of the server's sockets, in bytes; -1 leaves it to the operating system.",
  'socket.receive.buffer.bytes':
    "Size of the receive buffer of the server's sockets, in bytes; -1 leaves it to the operating system.",
  'socket.request.max.bytes': 'Largest request that is read from a connection, in bytes.',
  'socket.listen.backlog.size': 'Connections that may wait to be accepted.',
  'max.connections.per.ip': 'Connections that one client address may hold.',
  'max.connections.per.ip.overrides': 'Limits of connections for single addresses or host names, as host:count pairs.',
  'max.connections':
    'Connections that the broker holds in all; beyond it, idle ones on other listeners are closed or new ones wait.',
  'max.connection.creation.rate': 'New connections per second that the broker accepts.',
  'connections.max.idle.ms': 'Time without traffic after which a connection is closed, in milliseconds.',
  'connection.failed.authentication.delay.ms':
    'How long the close of a connection is put off after authentication failed, in milliseconds, to slow down guessing.',
  'queued.max.requests': 'Requests that may wait for a worker before the network is no longer read.',
  'queued.max.request.bytes':
    "Bytes of unanswered requests above which the network is no longer read; -1 means Kafka's choice.",
  'controller.socket.timeout.ms': 'Longest wait on a connection to the controller, in milliseconds.',
  'default.replication.factor': 'Replicas of a topic that is created without a number of its own.',
  'replica.lag.time.max.ms':
    'Time after which a follower that has not caught up leaves the in-sync replicas, in milliseconds.',
  'replica.socket.timeout.ms': 'Longest wait of a follower on its connection to a leader, in milliseconds.',
  'replica.socket.receive.buffer.bytes': "Size of the receive buffer of a follower's connection to a leader, in bytes.",
  'replica.fetch.max.bytes':
    'Bytes that a follower asks for from each partition; a single larger batch is still fetched.',
  'replica.fetch.wait.max.ms': "Longest time that a leader keeps a follower's fetch waiting for data, in milliseconds.",
  'replica.fetch.backoff.ms': 'Pause of a follower after a failed fetch, in milliseconds.',
  'replica.fetch.min.bytes': "Bytes for which a leader waits before it answers a follower's fetch.",
  'replica.fetch.response.max.bytes': 'Bytes that a follower asks for in one answer over all partitions.',
  'num.replica.fetchers': 'Connections with which a broker copies from each other broker.',
  'replica.high.watermark.checkpoint.interval.ms':
    'Time between saves of the high watermarks to disk, in milliseconds.',
  'fetch.purgatory.purge.interval.requests': 'Number of finished fetches after which waiting lists are cleaned.',
  'producer.purgatory.purge.interval.requests':
    'Number of finished produce requests after which waiting lists are cleaned.',
  'delete.records.purgatory.purge.interval.requests':
    'Number of finished deletions of records after which waiting lists are cleaned.',
  'auto.leader.rebalance.enable': 'Whether leadership returns to the preferred replicas by itself.',
  'leader.imbalance.check.interval.seconds':
    'Time between checks whether leadership should return to preferred replicas, in seconds.',
  'unclean.leader.election.enable':
    'Whether a replica that is not in sync may become leader as a last resort, at the price of lost records.',
  'security.inter.broker.protocol': 'Security protocol between brokers; not together with inter.broker.listener.name.',
  'inter.broker.listener.name': 'Listener through which brokers reach each other.',
  'replica.selector.class': 'The class that chooses from which replica a consumer reads.',
  'follower.fetch.last.tiered.offset.enable':
    'Whether a new follower starts at the last offset in remote storage instead of copying everything.',
  'transaction.state.log.min.isr': 'In-sync replicas that the transaction log needs for a write.',
  'transaction.state.log.load.buffer.size': 'Bytes read at a time when transactions are loaded from their log.',
  'transaction.state.log.replication.factor': 'Replicas of the transaction log when it is created.',
  'transaction.state.log.num.partitions':
    'Partitions of the transaction log when it is created; not to be changed later.',
  'transaction.state.log.segment.bytes': 'Size at which the transaction log begins a new file, in bytes.',
  'transaction.partition.verification.enable':
    'Whether a broker asks the coordinator if a partition belongs to a transaction before it takes its records.',
  'producer.id.expiration.ms': 'Time without writes after which a partition forgets a producer, in milliseconds.',
  'transactional.id.expiration.ms': 'Time without change after which a transactional id is forgotten, in milliseconds.',
  'transaction.max.timeout.ms': 'Longest timeout that a producer may ask for its transactions, in milliseconds.',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms':
    'Time between searches for transactions that took too long, in milliseconds.',
  'transaction.remove.expired.transaction.cleanup.interval.ms':
    'Time between searches for transactional ids to forget, in milliseconds.',
  'transaction.two.phase.commit.enable':
    'Whether transactions may take part in a two-phase commit, and so stay open without limit.',
  'add.partitions.to.txn.retry.backoff.ms':
    'First pause between attempts to add partitions to a transaction, in milliseconds.',
  'add.partitions.to.txn.retry.backoff.max.ms':
    'How long attempts to add partitions to a transaction go on in all, in milliseconds.',
  'controller.quorum.voters': 'The fixed set of controllers, as id@host:port; leave it out when the set may change.',
  'controller.quorum.bootstrap.servers':
    'Controllers, as host:port, from which a node learns the current set of controllers.',
  'controller.quorum.election.timeout.ms':
    "Time without a leader's answer after which a controller calls an election, in milliseconds.",
  'controller.quorum.fetch.timeout.ms':
    'Time without a successful fetch after which a controller doubts its leader, in milliseconds.',
  'controller.quorum.election.backoff.max.ms': 'Longest random pause before another election, in milliseconds.',
  'controller.quorum.append.linger.ms':
    'How long the leading controller gathers records before it writes them, in milliseconds.',
  'controller.quorum.request.timeout.ms': 'Longest wait for an answer between controllers, in milliseconds.',
  'controller.quorum.retry.backoff.ms':
    'Pause before a failed request between controllers is repeated, in milliseconds.',
  'controller.quorum.auto.join.enable': 'Whether a new controller joins the voters by itself.',
  'controller.quorum.fetch.snapshot.max.bytes': 'Bytes of a snapshot that one node sends another at a time.',
  'controller.quorum.fetch.max.bytes': 'Bytes of metadata records that one node sends another at a time.',
  'metrics.num.samples': 'Number of time windows over which a metric is computed.',
  'metrics.sample.window.ms': 'Length of one window over which a metric is computed, in milliseconds.',
  'metric.reporters': 'Classes that report metrics to elsewhere.',
  'metrics.recording.level': 'The most detailed level of metrics that is recorded.',
  'kafka.metrics.reporters': 'Classes that report the older kind of metrics to elsewhere.',
  'kafka.metrics.polling.interval.secs': 'Time between reports of the older kind of metrics, in seconds.',
  'telemetry.max.bytes': 'Largest batch of metrics that a client may send, in bytes.',
  'quota.window.num': 'Number of windows over which client quotas are measured.',
  'replication.quota.window.num': 'Number of windows over which the replication quota is measured.',
  'alter.log.dirs.replication.quota.window.num':
    'Number of windows over which the quota of moves between log directories is measured.',
  'controller.quota.window.num': 'Number of windows over which the quota of changes to topics is measured.',
  'quota.window.size.seconds': 'Length of one window of client quotas, in seconds.',
  'replication.quota.window.size.seconds': 'Length of one window of the replication quota, in seconds.',
  'alter.log.dirs.replication.quota.window.size.seconds':
    'Length of one window of the quota of moves between log directories, in seconds.',
  'controller.quota.window.size.seconds': 'Length of one window of the quota of changes to topics, in seconds.',
  'client.quota.callback.class': 'The class that decides which quota a client has.',
  'leader.replication.throttled.rate': 'Bytes per second that leaders send for replicas marked as throttled.',
  'follower.replication.throttled.rate': 'Bytes per second that followers fetch for replicas marked as throttled.',
  'replica.alter.log.dirs.io.max.bytes.per.second':
    'Bytes per second with which replicas move between log directories.',
}
