// Preloaded into our broker by the benchmark: on SIGUSR2 it writes the event-loop delay since the last signal.
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const file = process.env.LOOP_DELAY_FILE
if (file) {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  process.on('SIGUSR2', () => {
    const milliseconds = (nanoseconds) => nanoseconds / 1e6
    const delay = {
      p99: milliseconds(histogram.percentile(99)),
      p999: milliseconds(histogram.percentile(99.9)),
      max: milliseconds(histogram.max),
    }
    writeFileSync(file, JSON.stringify(delay))
    histogram.reset()
  })
}
