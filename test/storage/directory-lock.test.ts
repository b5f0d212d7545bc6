import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockDirectory } from '../../src/storage/directory-lock.ts'
import { nodeFiles } from '../../src/storage/file-layer.ts'

const root = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const newDirectory = () => mkdtempSync(join(root, 'dir-'))

const LOCK = resolve(import.meta.dirname, '../../src/storage/directory-lock.ts')

/** Another process that locks `directory`, says so and holds on until it is killed. */
async function lockInChild(directory: string, native: 'native' | 'owner file') {
  const script = `
    import { lockDirectory } from ${JSON.stringify(LOCK)}
    ${native === 'native' ? `lockDirectory(${JSON.stringify(directory)})` : `lockOwner()`}
    ${native === 'native' ? '' : `async function lockOwner() { const { nodeFiles } = await import(${JSON.stringify(LOCK.replace('directory-lock', 'file-layer'))}); lockDirectory(${JSON.stringify(directory)}, nodeFiles, null) }`}
    setTimeout(() => console.log('locked'), 0)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((done) => child.stdout.once('data', done))
  return {
    kill: () =>
      new Promise((done) => {
        child.once('exit', done)
        child.kill('SIGKILL')
      }),
  }
}

const refusal = (directory: string) =>
  `Failed to acquire lock on file .lock in ${directory}. A Kafka instance in another process or thread is using this directory.`

test('a directory is locked once in a process, and the file is gone after the release', () => {
  const directory = newDirectory()
  const lock = lockDirectory(directory)
  expect(existsSync(join(directory, '.lock'))).toBe(true)
  expect(() => lockDirectory(directory)).toThrow(refusal(directory))
  lock.release()
  expect(existsSync(join(directory, '.lock'))).toBe(false)
  lockDirectory(directory).release()
})

test('a file left over by a killed process is no obstacle', () => {
  const directory = newDirectory()
  writeFileSync(join(directory, '.lock'), '')
  lockDirectory(directory).release()
})

test.each(['native', 'owner file'] as const)(
  'another process is refused until its holder is killed (%s)',
  async (kind) => {
    const directory = newDirectory()
    const native = kind === 'native' ? undefined : null
    const holder = await lockInChild(directory, kind)
    expect(() => lockDirectory(directory, nodeFiles, native)).toThrow(refusal(directory))
    await holder.kill()
    lockDirectory(directory, nodeFiles, native).release()
  },
)
