import { afterAll } from 'vitest'
import { testGoldenGroup } from './group.ts'
import { GoldenRun } from './runner.ts'

const run = new GoldenRun()
afterAll(() => run.close())

testGoldenGroup('storage', () => run, { concurrent: true })
