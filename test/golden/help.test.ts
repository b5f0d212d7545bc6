import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runTool } from '../support/broker-process.ts'
import { FIXTURES, helpBlocks } from './case.ts'

for (const file of readdirSync(join(FIXTURES, 'help'))) {
  for (const { tool, argv, exit, stdout, stderr } of helpBlocks(file)) {
    test.concurrent(`${tool} ${argv.join(' ')} prints what Kafka's prints`, async () => {
      const result = await runTool(tool, argv)
      expect(result.stdout).toBe(stdout)
      expect(result.stderr).toBe(stderr)
      expect(result.status).toBe(exit)
    })
  }
}
