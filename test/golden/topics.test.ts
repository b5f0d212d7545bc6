import { testGoldenGroupOnBroker } from './group.ts'

// The cases see each other: lists and descriptions show what earlier ones made.
testGoldenGroupOnBroker('topics', { concurrent: false })
