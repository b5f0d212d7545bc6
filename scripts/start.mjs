/**
 * `npm start`: builds, formats ./data on first use with a random cluster id, starts a broker on localhost:9092 and says
 * what to type next.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const data = join(root, 'data')
const settings = join(root, 'config', 'server.properties')

run('scripts/build.mjs', ['--quick'])
if (!existsSync(join(data, 'meta.properties'))) format()

const broker = spawn(
  process.execPath,
  [join(root, 'bin/kafka-server-start.sh'), settings, '--override', `log.dirs=${data}`],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
let line = ''
broker.stdout.on('data', (chunk) => {
  process.stdout.write(chunk)
  line = (line + chunk).slice(-4096)
  if (!line.includes('Kafka Server started')) return
  broker.stdout.removeAllListeners('data')
  broker.stdout.pipe(process.stdout)
  process.stdout.write(`
A broker is running on localhost:9092; its data are in ${data}. Ctrl-C stops it. In another terminal:

  bin/kafka-topics.sh --create --topic quickstart-events --bootstrap-server localhost:9092
  bin/kafka-console-producer.sh --topic quickstart-events --bootstrap-server localhost:9092
  bin/kafka-console-consumer.sh --topic quickstart-events --from-beginning --bootstrap-server localhost:9092

`)
})
// A terminal sends Ctrl-C to the broker as well; this process waits until it has stopped.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => broker.kill('SIGTERM'))
broker.on('exit', (code) => process.exit(code ?? 1))

function format() {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-toolkit-'))
  try {
    const file = join(directory, 'server.properties')
    const escaped = data.replaceAll('\\', '\\\\')
    writeFileSync(file, `${readFileSync(settings, 'latin1')}\nlog.dirs=${escaped}\n`, 'latin1')
    const clusterId = run('bin/kafka-storage.sh', ['random-uuid']).trim()
    run('bin/kafka-storage.sh', ['format', '--standalone', '-t', clusterId, '-c', file])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function run(script, args) {
  const { status, stdout } = spawnSync(process.execPath, [join(root, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) process.exit(status ?? 1)
  return stdout
}
