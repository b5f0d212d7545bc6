import { testGoldenGroupOnBroker } from './group.ts'

// Listing, describing and mistakes on the command line. The recorded cases of reset-offsets, delete, delete-offsets,
// validate-regex and of groups of the new protocol join the fixture with their tools. The cases see each other: from a
// certain one on, a consumer is running.
testGoldenGroupOnBroker('consumer-groups', { concurrent: false, properties: { 'offsets.topic.num.partitions': '1' } })
