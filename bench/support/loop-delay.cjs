// Preloaded into our broker by the benchmark: a first SIGUSR2 begins to watch the event loop, the next one ends it and
// writes the delay. Watching costs about 3 % of a core, so it is done for the figures that need it.
const { renameSync, writeFileSync } = require('node:fs')
const { monitorEventLoopDelay } = require('node:perf_hooks')

const RESOLUTION_MS = 1

const file = process.env.LOOP_DELAY_FILE
if (file) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let isWatching = false
  process.on('SIGUSR2', () => {
    isWatching = !isWatching
    if (isWatching) histogram.enable()
    else histogram.disable()
    // The histogram holds the time between two ticks of its timer; what is above the timer's own is delay.
    const milliseconds = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
    const delay = {
      p99: milliseconds(histogram.percentile(99)),
      p999: milliseconds(histogram.percentile(99.9)),
      max: milliseconds(histogram.max),
    }
    writeFileSync(`${file}.tmp`, JSON.stringify(delay))
    renameSync(`${file}.tmp`, file)
    histogram.reset()
  })
}
