import { api, array, bool, int16, int32, int64, nullableArray, string } from '../schema.ts'

/** What the log directories of a broker hold, and how full they are (KIP-113). */
export const DescribeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleSince: 2,
  request: {
    topics: nullableArray({
      topic: string(),
      partitions: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 3, ignorable: true }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64({ since: 4, default: -1, ignorable: true }), // KIP-827
      usableBytes: int64({ since: 4, default: -1, ignorable: true }), // KIP-827
      isCordoned: bool({ since: 5, ignorable: true }), // KIP-1066
    }),
  },
})
