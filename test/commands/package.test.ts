import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ROOT } from '../support/broker-process.ts'

const RUN = `
  const broker = await startBroker({ topics: ['orders'] })
  console.log(/^127\\.0\\.0\\.1:\\d+$/.test(broker.bootstrapServers))
  await broker.stop()`

test.each([
  ['import', 'module', `import { startBroker } from 'kafka-toolkit/testing'; ${RUN}`],
  ['require', 'commonjs', `const { startBroker } = require('kafka-toolkit/testing'); (async () => {${RUN}})()`],
])('kafka-toolkit/testing works with %s', (_, type, script) => {
  const { stdout, stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '-e', script], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
})
