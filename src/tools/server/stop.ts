import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Tool } from '../../cli/tool.ts'
import { loadProperties } from '../property-file.ts'

interface BrokerProcess {
  readonly pid: number
  /** Its server.properties, as an absolute path; undefined when it was started without one. */
  readonly configFile: string | undefined
}

/** kafka-server-stop: ends the brokers of this package on this machine, all or those of one role or node (KIP-979). */
export const run: Tool = (argv, terminal) => {
  const nodeId = optionValue(argv, '--node-id')
  const role = optionValue(argv, '--process-role')
  if (nodeId !== undefined && role !== undefined) {
    terminal.out('When both node-id and process-role are provided, the value for node-id will take precedence\n')
  }
  const brokers = brokerProcesses()
  if (brokers.length === 0) {
    terminal.out('No kafka server to stop\n')
    return 1
  }
  const signal = `SIG${process.env.SIGNAL ?? 'TERM'}` as NodeJS.Signals
  for (const { pid, configFile } of brokers) {
    if (nodeId !== undefined || role !== undefined) {
      if (configFile === undefined) continue
      const properties = loadProperties(configFile)
      const isMeant =
        nodeId !== undefined ? properties.get('node.id') === nodeId : properties.get('process.roles') === role
      if (!isMeant) continue
    }
    process.kill(pid, signal)
  }
  return 0
}

/** `--name=value`; Kafka's script knows no other form. */
function optionValue(argv: readonly string[], name: string): string | undefined {
  const value = argv.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1)
  return value === '' ? undefined : value
}

function brokerProcesses(): BrokerProcess[] {
  const processes = process.platform === 'linux' ? processesOfLinux() : processesOfPs()
  return processes.flatMap(({ pid, args, directory }) => {
    const rest = argumentsOfBroker(args)
    if (!rest || pid === process.pid) return []
    const [configFile] = rest
    return [{ pid, configFile: configFile === undefined ? undefined : resolve(directory, configFile) }]
  })
}

/** The arguments of a broker's command line: `node …/kafka-server-start.sh FILE` or `node …/kafka server-start FILE`. */
function argumentsOfBroker([runtime = '', script = '', ...rest]: readonly string[]): readonly string[] | undefined {
  if (!/^node(js)?(\.exe)?$/.test(basename(runtime))) return undefined
  if (/^kafka-server-start(\.sh)?$/.test(basename(script))) return rest[0] === '-daemon' ? undefined : rest
  const isKafka = /^(kafka|run\.js)$/.test(basename(script))
  return isKafka && /^(kafka-)?server-start(\.sh)?$/.test(rest[0] ?? '') ? rest.slice(1) : undefined
}

interface ProcessEntry {
  readonly pid: number
  readonly args: readonly string[]
  readonly directory: string
}

function processesOfLinux(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1)
        return [
          { pid: Number(name), args, directory: argumentsOfBroker(args) ? readlinkSync(`/proc/${name}/cwd`) : '' },
        ]
      } catch (error) {
        // It ended meanwhile, or belongs to another user and may not be looked at.
        if (error instanceof Error && 'code' in error) return []
        throw error
      }
    })
}

function processesOfPs(): ProcessEntry[] {
  const { stdout } = spawnSync('ps', ['axww', '-o', 'pid=,args='], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line)
    return match ? [{ pid: Number(match[1]), args: (match[2] ?? '').split(' '), directory: process.cwd() }] : []
  })
}
