import { OutputClosed, type Terminal, type Tool } from '../../cli/tool.ts'
import { Consumer } from '../../client/consumer/consumer.ts'
import { timeoutError } from '../../client/errors.ts'
import type { FetchedRecords } from '../../client/fetched-records.ts'
import { type ClientLog, lineLog } from '../../client/log.ts'
import { JavaError } from '../../config/java-error.ts'
import { DecodeError } from '../../protocol/reader.ts'
import { exitCodeOf, onStopSignal, type StopSignal } from '../signals.ts'
import { createFormatter, type Formatter } from './formatter.ts'
import { Output } from './output.ts'
import { type ConsoleConsumerSettings, readSettings } from './settings.ts'

const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
const NEW_PROTOCOL_HINT =
  'The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol\n'

/** kafka-console-consumer. */
export const run: Tool = async (argv, terminal) => {
  const settings = readSettings(argv, terminal)
  const log = lineLog((line) => terminal.err(line))
  const formatter = await createFormatter(settings.formatterClass, settings.formatterProperties, log)
  try {
    return await new ConsoleConsumer(settings, formatter, terminal, log).run()
  } catch (error) {
    if (!(error instanceof JavaError || error instanceof DecodeError)) throw error
    log.error('Unknown error when running consumer: ', CONSOLE_CONSUMER, error)
    return 1
  }
}

/** Prints records until it has enough, none come in time, a signal comes, or nobody reads what it prints. */
class ConsoleConsumer {
  readonly #settings: ConsoleConsumerSettings
  readonly #formatter: Formatter
  readonly #terminal: Terminal
  readonly #log: ClientLog
  readonly #output: Output
  readonly #stop = new AbortController()
  #signal: StopSignal | undefined
  #count = 0

  constructor(settings: ConsoleConsumerSettings, formatter: Formatter, terminal: Terminal, log: ClientLog) {
    this.#settings = settings
    this.#formatter = formatter
    this.#terminal = terminal
    this.#log = log
    this.#output = new Output(terminal)
  }

  async run(): Promise<number> {
    const consumer = await Consumer.create({ properties: this.#settings.consumerProperties, log: this.#log })
    if (this.#settings.partition === undefined) this.#terminal.err(NEW_PROTOCOL_HINT)
    await this.#subscribe(consumer)
    const forget = onStopSignal((signal) => {
      this.#signal = signal
      this.#stop.abort()
    })
    try {
      await this.#process(consumer)
    } catch (error) {
      if (!(error instanceof OutputClosed)) throw error
      this.#terminal.err('Unable to write to standard out, closing consumer.\n')
    } finally {
      await consumer.close()
      this.#terminal.err(`Processed a total of ${this.#count} messages\n`)
      forget()
    }
    if (this.#settings.hasSystestEvents) this.#terminal.out('shutdown_complete\n')
    return this.#signal ? exitCodeOf(this.#signal) : 0
  }

  async #subscribe(consumer: Consumer): Promise<void> {
    const { topic, partition, start, include } = this.#settings
    if (topic !== undefined && partition !== undefined) consumer.assign(topic, partition, start)
    else if (topic !== undefined) consumer.subscribe([topic])
    else {
      const { compileJavaRegex } = await import('../../client/java-regex.ts')
      consumer.subscribePattern(compileJavaRegex(include!))
    }
  }

  async #process(consumer: Consumer): Promise<void> {
    const { timeoutMs } = this.#settings
    let deadlineMs = Date.now() + timeoutMs
    while (!this.#isEnough && !this.#stop.signal.aborted) {
      const before = this.#count
      const records = await this.#poll(consumer, deadlineMs)
      if (!records) return
      await this.#print(records)
      if (this.#count > before) deadlineMs = Date.now() + timeoutMs
    }
  }

  /** The next records; undefined, and the reason logged, when there are none. */
  async #poll(consumer: Consumer, deadlineMs: number): Promise<FetchedRecords | undefined> {
    try {
      const records = await consumer.poll(deadlineMs, this.#stop.signal)
      if (!records && !this.#stop.signal.aborted) throw timeoutError(null)
      return records
    } catch (error) {
      if (!(error instanceof JavaError || error instanceof DecodeError)) throw error
      this.#log.error('Error processing message, terminating consumer process: ', CONSOLE_CONSUMER, error)
      return undefined
    }
  }

  async #print(records: FetchedRecords): Promise<void> {
    const output = this.#output
    const format = this.#formatter
    try {
      while (!this.#isEnough && this.#next(records)) {
        this.#count++
        try {
          format(records, output)
        } catch (error) {
          if (!this.#settings.skipsMessageOnError) throw error
          await output.flush()
          this.#log.error('Error processing message, skipping this message: ', CONSOLE_CONSUMER, error)
        }
        if (output.isFull) {
          await output.flush()
          if (this.#stop.signal.aborted) return
        }
      }
    } finally {
      await output.flush()
    }
  }

  /** Moves to the next record. One that cannot be read ends the tool as a failed poll does. */
  #next(records: FetchedRecords): boolean {
    try {
      return records.next()
    } catch (error) {
      if (!(error instanceof JavaError || error instanceof DecodeError)) throw error
      this.#log.error('Error processing message, terminating consumer process: ', CONSOLE_CONSUMER, error)
      this.#stop.abort()
      return false
    }
  }

  get #isEnough(): boolean {
    const { maxMessages } = this.#settings
    return maxMessages !== -1 && this.#count >= maxMessages
  }
}
