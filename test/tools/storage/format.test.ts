import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readBatches } from '../../../src/protocol/record-batch.ts'
import { type FileLayer, nodeFiles } from '../../../src/storage/file-layer.ts'
import { readMetaProperties } from '../../../src/storage/meta-properties.ts'
import { readSnapshot } from '../../../src/storage/snapshot-file.ts'
import { featureLevelsFor } from '../../../src/tools/storage/bootstrap.ts'
import { parseDynamicVoters } from '../../../src/tools/storage/dynamic-voters.ts'
import { type FormatSettings, formatDirectories } from '../../../src/tools/storage/format.ts'

const QUORUM_SNAPSHOT = '__cluster_metadata-0/00000000000000000000-0000000000.checkpoint'
const VOTERS = parseDynamicVoters('1@localhost:29193:Gha-Cz6pQDy24GqUbaJPxw')

let root: string
let directory: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  directory = join(root, 'data')
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function settings(changes: Partial<FormatSettings> = {}): FormatSettings {
  const isDynamic = changes.voters !== undefined || !('voters' in changes)
  return {
    clusterId: 'AAAAAAAAQACAAAAAAAAAAA',
    nodeId: 1,
    directories: [directory],
    metadataLogDir: directory,
    controllerListenerName: 'CONTROLLER',
    features: featureLevelsFor({ given: new Map(), release: undefined, allowUnstable: false, isDynamic }),
    scramArguments: [],
    voters: VOTERS,
    ignoreFormatted: false,
    ...changes,
  }
}

function format(changes: Partial<FormatSettings> = {}, files: FileLayer = nodeFiles): string[] {
  const lines: string[] = []
  formatDirectories(settings(changes), (line) => lines.push(line), new Date(), files)
  return lines
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()
}

test('a formatted directory equals one of Apache Kafka but for times', () => {
  format()
  const recorded: Record<string, { mode: string; base64: string }> = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/cli/apache-formatted.json'), 'utf8'),
  )
  expect(filesIn(directory)).toEqual(Object.keys(recorded).sort())
  for (const [name, { mode, base64 }] of Object.entries(recorded)) {
    const path = join(directory, name)
    expect((statSync(path).mode & 0o777).toString(8), name).toBe(mode)
    expect(timeless(name, readFileSync(path)), name).toEqual(timeless(name, Buffer.from(base64, 'base64')))
  }
})

/** Without the date of meta.properties, and without timestamps and the checksums over them. */
function timeless(name: string, bytes: Buffer): Buffer | string {
  if (name === 'meta.properties') return bytes.toString().replace(/^#.+$/gm, '#')
  const copy = Buffer.from(bytes)
  for (const { position } of readBatches(bytes)) {
    copy.fill(0, position + 17, position + 21)
    copy.fill(0, position + 27, position + 43)
  }
  // The header of the quorum's snapshot holds the time of the last record it covers.
  if (name === QUORUM_SNAPSHOT) copy.fill(0, 74, 82)
  return copy
}

test('a kill after any file operation leaves a directory that format finishes', () => {
  for (let operations = 0; ; operations++) {
    rmSync(directory, { recursive: true, force: true })
    const isKilled = killedAfter(operations, (files) => format({}, files))
    if (!isKilled) {
      expect(operations).toBeGreaterThan(10)
      return
    }
    if (readMetaProperties(directory) === undefined) format()
    expect(filesIn(directory)).toEqual([QUORUM_SNAPSHOT, 'bootstrap.checkpoint', 'meta.properties'])
    expect(readSnapshot(join(directory, QUORUM_SNAPSHOT)).controlRecords).toHaveLength(4)
    expect(readSnapshot(join(directory, 'bootstrap.checkpoint')).records).toHaveLength(6)
    expect(readMetaProperties(directory)?.directoryId).toBe('Gha-Cz6pQDy24GqUbaJPxw')
  }
})

test('voters of a killed format do not survive into a quorum with static voters', () => {
  for (let operations = 0; ; operations++) {
    rmSync(directory, { recursive: true, force: true })
    const isKilled = killedAfter(operations, (files) => format({}, files))
    if (!isKilled) return
    if (readMetaProperties(directory) !== undefined) continue
    format({ voters: undefined })
    expect(filesIn(directory)).toEqual(['bootstrap.checkpoint', 'meta.properties'])
  }
})

const WRITES = ['writevSync', 'fsyncSync', 'rename', 'unlink', 'mkdir', 'rmdir', 'chmod', 'syncDirectory', 'ftruncate']

/** Runs `work` on a file layer that does so many operations that change anything, and then no more; whether it was cut. */
function killedAfter(operations: number, work: (files: FileLayer) => void): boolean {
  let left = operations
  class Killed extends Error {}
  const files = new Proxy(nodeFiles, {
    get(target, name) {
      const member = target[name as keyof FileLayer] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        const changes = WRITES.includes(String(name)) || (name === 'open' && args[1] !== 'r')
        if (changes && left-- <= 0) throw new Killed()
        return member.apply(target, args)
      }
    },
  })
  try {
    work(files)
    return false
  } catch (error) {
    if (error instanceof Killed) return true
    throw error
  }
}

test('with static voters there is no quorum snapshot and kraft.version is 0', () => {
  expect(format({ voters: undefined }).at(-1)).toBe(
    `Formatting metadata directory ${directory} with metadata.version 4.3-IV0.`,
  )
  expect(existsSync(join(directory, '__cluster_metadata-0'))).toBe(false)
})

test('each directory gets an id of its own, and only the metadata directory a quorum snapshot', () => {
  const other = join(root, 'other')
  format({ directories: [directory, other] })
  expect(readMetaProperties(directory)?.directoryId).toBe('Gha-Cz6pQDy24GqUbaJPxw')
  expect(readMetaProperties(other)?.directoryId).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect(filesIn(other)).toEqual(['bootstrap.checkpoint', 'meta.properties'])
})

test('directories that are formatted already are left alone with --ignore-formatted', () => {
  format()
  const before = readFileSync(join(directory, 'meta.properties'), 'utf8')
  const other = join(root, 'other')
  const lines = format({ directories: [directory, other], ignoreFormatted: true })
  expect(lines.at(-1)).toBe(`Formatting data directory ${other} with metadata.version 4.3-IV0.`)
  expect(readFileSync(join(directory, 'meta.properties'), 'utf8')).toBe(before)
  expect(format({ ignoreFormatted: true })).toEqual(['All of the log directories are already formatted.'])
})

test('SCRAM credentials are derived as RFC 7677 says', () => {
  const argument = 'SCRAM-SHA-256=[name=user,password=pencil,salt=W22ZaJ0SNY7soEsUEjb6gQ==,iterations=4096]'
  format({ scramArguments: [argument] })
  const { value } = readSnapshot(join(directory, 'bootstrap.checkpoint')).records.at(-1)!
  expect(value.name).toBe('user')
  expect(value.storedKey.toString('base64')).toBe('WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=')
  expect(value.serverKey.toString('base64')).toBe('wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=')
})
