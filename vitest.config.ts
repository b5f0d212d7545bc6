import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// One of: unit (npm test), long, conformance.
const suite = process.env.TEST_SUITE ?? 'unit'
const reports = process.env.VITEST_REPORTS

const suites: Record<string, { include: string[]; exclude?: string[]; timeoutMs: number; maxWorkers: number }> = {
  unit: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/conformance/**'],
    timeoutMs: 30_000,
    maxWorkers: 2,
  },
  long: { include: ['test/long/**/*.test.ts'], timeoutMs: 600_000, maxWorkers: 1 },
  conformance: { include: ['test/conformance/**/*.test.ts'], timeoutMs: 300_000, maxWorkers: 1 },
}

const { include, exclude, timeoutMs, maxWorkers } = suites[suite]!

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    include,
    exclude: exclude ?? [],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    maxWorkers,
    // Some cases wait for other processes, Java's among them, with the times that users see. A busy CI machine may make
    // one of them late; what fails twice has failed.
    retry: process.env.CI ? 1 : 0,
    reporters: reports ? ['default', ['json', { outputFile: join(reports, `${suite}.json`) }]] : ['default'],
  },
})
