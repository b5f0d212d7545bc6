/**
 * What a broker counts. Names are those of Kafka's MBeans without the domain's quoting, such as
 * `kafka.network:type=RequestMetrics,name=RequestsPerSec`; tags are the rest of the MBean's key properties. A part
 * asks for its instruments once and keeps them; two brokers in one process have two of these.
 */
export interface Metrics {
  /** False when nothing listens: then it is not worth reading a clock to measure. */
  readonly isRecording: boolean
  counter(name: string, tags?: MetricTags): Counter
  histogram(name: string, tags?: MetricTags): Histogram
  /** `read` is called when somebody looks. The answer removes the gauge. */
  gauge(name: string, read: () => number, tags?: MetricTags): () => void
}

export type MetricTags = Readonly<Record<string, string | number>>

export interface Counter {
  add(count: number): void
}

export interface Histogram {
  record(value: number): void
}

const noCounter: Counter = { add() {} }
const noHistogram: Histogram = { record() {} }
const noRemoval = () => {}

/** Counts nothing. */
export const noMetrics: Metrics = {
  isRecording: false,
  counter: () => noCounter,
  histogram: () => noHistogram,
  gauge: () => noRemoval,
}
