import type { Endpoint } from '../../config/broker-config.ts'
import { supportedFeatureRanges } from '../../config/features.ts'
import { SECURITY_PROTOCOLS } from './cluster.ts'

/** How brokers and controllers name their listeners when they register. */
export function registeredListeners(endpoints: readonly Endpoint[]) {
  return endpoints.map(({ listenerName, host, port, securityProtocol }) => ({
    name: listenerName,
    host,
    port,
    securityProtocol: SECURITY_PROTOCOLS.indexOf(securityProtocol),
  }))
}

/** The feature levels that this node can work with, as it registers them. */
export function registeredFeatures() {
  return supportedFeatureRanges(false).map(({ name, minVersion, maxVersion }) => ({
    name,
    minSupportedVersion: minVersion,
    maxSupportedVersion: maxVersion,
  }))
}
