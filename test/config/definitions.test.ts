import { expect, test } from 'vitest'
import { ADMIN_CLIENT } from '../../src/config/admin-config.ts'
import { BROKER_CONFIG } from '../../src/config/broker-def.ts'
import type { ConfigDef } from '../../src/config/config-def.ts'
import { CONSUMER_CLIENT } from '../../src/config/consumer-config.ts'
import { GROUP_CONFIG } from '../../src/config/group-config.ts'
import { PRODUCER_CLIENT } from '../../src/config/producer-config.ts'
import { TOPIC_CONFIG } from '../../src/config/topic-config.ts'

const tables: [string, ConfigDef][] = [
  ['broker', BROKER_CONFIG],
  ['topic', TOPIC_CONFIG],
  ['group', GROUP_CONFIG],
  ['producer', PRODUCER_CLIENT.definition],
  ['consumer', CONSUMER_CLIENT.definition],
  ['admin', ADMIN_CLIENT.definition],
]

test.each(tables)('the defaults of %s settings pass their own checks', (_name, table) => {
  for (const key of table.keys.values()) {
    if (key.defaultText === undefined) continue
    const value = table.defaultOf(key)
    expect(() => key.validator?.ensureValid(key.name, value, key.defaultText ?? null), key.name).not.toThrow()
  }
})

test.each(tables)('a default of %s settings is written as Kafka shows it', (_name, table) => {
  for (const key of table.keys.values()) {
    if (typeof key.defaultText === 'string') expect(table.textOf(key, key.defaultText), key.name).toBe(key.defaultText)
  }
})
