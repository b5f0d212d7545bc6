import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_MESSAGES } from '../support/all-messages.ts'
import { check, faultOfLine, readLines } from '../support/vectors.ts'

const fixture = new URL('../fixtures/protocol/vectors.jsonl.gz', import.meta.url).pathname

describe('the bytes of Apache Kafka', () => {
  const lines = readLines(fixture)

  test('every message encodes to them and decodes from them', () => {
    expect(lines.flatMap((line) => faultOfLine(line) ?? [])).toEqual([])
  })

  test('are there for every version of every message', () => {
    const covered = new Set(lines.map((line) => /^{"message":"(\w+)","version":(\d+)/.exec(line)!.slice(1).join(' v')))
    const all = [...ALL_MESSAGES.values()].flatMap(({ name, versions: [oldest, newest] }) =>
      Array.from({ length: newest - oldest + 1 }, (_, i) => `${name} v${oldest + i}`),
    )
    expect(all.filter((version) => !covered.has(version))).toEqual([])
  })

  test('hold the integers that a number rounds, and unknown tagged fields', () => {
    const text = lines.join('\n')
    for (const edge of ['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808']) {
      expect(text).toContain(`:${edge}`)
    }
    expect(text).toContain('"_unknownTaggedFields"')
  })
})

describe('the check itself', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'vectors-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const good =
    '{"message":"HeartbeatResponse","version":4,"json":{"throttleTimeMs":7,"errorCode":25},"hex":"00000007001900"}'

  function checked(...lines: string[]): { passed: number; failed: number; faults: string[] } {
    const file = join(directory, 'some.jsonl.gz')
    writeFileSync(file, gzipSync(lines.join('\n')))
    const faults: string[] = []
    return { ...check([file], (fault) => faults.push(fault)), faults }
  }

  test('passes what is right', () => {
    expect(checked(good, '', good)).toEqual({ passed: 2, failed: 0, faults: [] })
  })

  test.each([
    ['a wrong byte', good.replace('001900', '001a00')],
    ['a byte too many', good.replace('001900', '00190000')],
    ['a byte too few', good.replace('001900', '0019')],
    ['a wrong value', good.replace('25', '24')],
    ['a missing field', good.replace('"throttleTimeMs":7,', '')],
    ['a field too many', good.replace('"errorCode":25', '"errorCode":25,"extra":1')],
    ['a version that is not there', good.replace('"version":4', '"version":5')],
    ['a message that is not there', good.replace('HeartbeatResponse', 'HeartbeatAnswer')],
    ['half a line', good.slice(0, 40)],
  ])('fails for %s, with the place', (_, line) => {
    const result = checked(good, line)
    expect(result).toMatchObject({ passed: 1, failed: 1 })
    expect(result.faults[0]).toContain('some.jsonl.gz:2: ')
  })

  test('fails for a file that is not there, or holds nothing', () => {
    const faults: string[] = []
    expect(check([join(directory, 'missing')], (fault) => faults.push(fault))).toEqual({ passed: 0, failed: 1 })
    expect(faults[0]).toContain('no such file')
    expect(checked('').failed).toBe(1)
  })

  test('takes unknown tagged fields whether the JSON names them or, as Kafka prints it, not', () => {
    const tagged = good.replace('001900', '001901a01f03616263')
    const named = tagged.replace('25}', '25,"_unknownTaggedFields":[{"tag":4000,"data":"YWJj"}]}')
    expect(checked(tagged, named).faults).toEqual([])
    expect(checked(named.replace('YWJj', 'YWJk')).failed).toBe(1)
  })

  test('does not round integers, nor take fractions for them', () => {
    const committed = (offset: string, hex: string) =>
      `{"message":"OffsetCommitValue","version":3,"json":{"offset":${offset},"leaderEpoch":0,"metadata":"1234567890123456789","commitTimestamp":0},"hex":"${hex}000000000013313233343536373839303132333435363738390000000000000000"}`
    expect(checked(committed('9223372036854775807', '7fffffffffffffff')).faults).toEqual([])
    expect(checked(committed('9223372036854775806', '7fffffffffffffff')).failed).toBe(1)
    const quota = (value: string, hex: string) =>
      `{"message":"ClientQuotaRecord","version":0,"json":{"entity":[],"key":"k","value":${value},"remove":false},"hex":"01026b${hex}0000"}`
    expect(checked(quota('0.12345678901234568', '3fbf9add3746f65f')).faults).toEqual([])
    expect(checked(quota('1.0E300', '7e37e43c8800759c')).faults).toEqual([])
  })
})
