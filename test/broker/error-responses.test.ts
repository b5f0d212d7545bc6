import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { errorResponse } from '../../src/broker/error-responses.ts'
import { decodeExactly, encodeToBuffer } from '../../src/protocol/codec.ts'
import { ErrorCode } from '../../src/protocol/error-code.ts'
import { ALL_APIS } from '../../src/protocol/messages/all.ts'
import type { AnyApi } from '../../src/protocol/schema.ts'

interface Recorded {
  readonly apiKey: number
  readonly version: number
  readonly request: string
  readonly response: string | null
}

/** What `getErrorResponse` of Apache Kafka 4.3.1 gives for NotCoordinatorException("told so"), per API and version. */
const recorded: Recorded[] = gunzipSync(
  readFileSync(new URL('../fixtures/errors/error-responses.jsonl.gz', import.meta.url)),
)
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const apis = new Map<number, AnyApi>(ALL_APIS.map((api) => [api.key, api]))

function answerOf({ apiKey, version, request }: Recorded): string | null {
  const api = apis.get(apiKey)!
  const decoded = decodeExactly(api.request, version, Buffer.from(request, 'hex'))
  const answer = errorResponse(api, version, decoded, { code: ErrorCode.NOT_COORDINATOR, message: 'told so' })
  return answer === undefined ? null : encodeToBuffer(api.response, version, answer).toString('hex')
}

test.each([...new Set(recorded.map(({ apiKey }) => apiKey))].map((key) => [apis.get(key)!.name, key] as const))(
  'answers a failed %s with the bytes of Apache Kafka, in every version',
  (_, key) => {
    const cases = recorded.filter(({ apiKey }) => apiKey === key)
    expect(cases.map((each) => `v${each.version} ${answerOf(each)}`)).toEqual(
      cases.map((each) => `v${each.version} ${each.response}`),
    )
  },
)

test('every API that Apache Kafka serves has such an answer on record', () => {
  const served = ALL_APIS.filter(({ versions: [oldest, newest] }) => oldest <= newest).map(({ key }) => key)
  expect(new Set(recorded.map(({ apiKey }) => apiKey))).toEqual(new Set(served))
})
