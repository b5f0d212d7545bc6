import { int16, int32, message, nullableString } from './schema.ts'

/**
 * What stands before every request. The client id keeps its two-byte length in the flexible version, so that it can be
 * read before the version is known to be served (KIP-482).
 */
export const RequestHeader = message({
  name: 'RequestHeader',
  versions: [1, 2],
  flexibleSince: 2,
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: nullableString({ neverFlexible: true }),
  },
})

/** What stands before every response. ApiVersions is always answered with version 0 (KIP-511). */
export const ResponseHeader = message({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    correlationId: int32(),
  },
})
