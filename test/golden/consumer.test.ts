import { testGoldenGroupOnBroker } from './group.ts'

// Making 50 partitions of __consumer_offsets takes a busy machine longer than some cases wait for their records.
testGoldenGroupOnBroker('consumer', { concurrent: true, properties: { 'offsets.topic.num.partitions': '1' } })
