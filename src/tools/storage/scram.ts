import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { terseExit } from '../../cli/tool.ts'
import { parseJavaInteger } from '../../config/java-text.ts'
import { UserScramCredentialRecord } from '../../protocol/records/metadata.ts'
import type { FramedRecord } from '../../storage/metadata-record.ts'

/** SCRAM mechanisms by their name on the command line; `type` is what the metadata log calls them. */
const MECHANISMS = {
  'SCRAM-SHA-256': { type: 1, digest: 'sha256', bytes: 32, name: 'SCRAM_SHA_256' },
  'SCRAM-SHA-512': { type: 2, digest: 'sha512', bytes: 64, name: 'SCRAM_SHA_512' },
} as const

type Mechanism = (typeof MECHANISMS)[keyof typeof MECHANISMS]

const LEAST_ITERATIONS = 4096
const MOST_ITERATIONS = 16384

/** The record of `SCRAM-SHA-256=[name=alice,password=secret]`; ends the tool with Kafka's text when that is malformed. */
export function scramRecord(argument: string): FramedRecord {
  const [mechanism, settings] = parseMechanism(argument.trim())
  const components = new Map(settings.split(',').map(parseComponent))
  const take = (key: string) => {
    const value = components.get(key)
    components.delete(key)
    return value
  }
  const name = take('name') ?? fail("You must supply 'name' to add-scram")
  const saltText = take('salt')
  const salt = saltText === undefined ? undefined : base64(saltText, `Failed to decode given salt: ${saltText}`)
  const iterations = iterationsOf(take('iterations'))
  const password = take('password')
  const saltedText = take('saltedpassword')
  let salted: Buffer | undefined
  if (password === undefined) {
    if (saltedText === undefined) fail("You must supply one of 'password' or 'saltedpassword' to add-scram")
    if (salt === undefined) fail("You must supply 'salt' with 'saltedpassword' to add-scram")
    salted = base64(saltedText, `Failed to decode given saltedPassword: ${saltedText}`)
  } else if (saltedText !== undefined) components.set('saltedpassword', saltedText)
  if (components.size > 0) fail(`Unknown SCRAM configurations: ${[...components.keys()].sort().join(', ')}`)
  if (iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS) {
    const bound = iterations < LEAST_ITERATIONS ? `>= ${LEAST_ITERATIONS}` : `<= ${MOST_ITERATIONS}`
    fail(`The 'iterations' value must be ${bound} for add-scram using ${mechanism.name}`)
  }

  const usedSalt = salt ?? randomSalt()
  salted ??= pbkdf2Sync(password as string, usedSalt, iterations, mechanism.bytes, mechanism.digest)
  const sign = (text: string) => createHmac(mechanism.digest, salted).update(text).digest()
  const storedKey = createHash(mechanism.digest).update(sign('Client Key')).digest()
  const value = {
    name,
    mechanism: mechanism.type,
    salt: usedSalt,
    storedKey,
    serverKey: sign('Server Key'),
    iterations,
  }
  return { message: UserScramCredentialRecord, version: 0, value }
}

function parseMechanism(argument: string): [Mechanism, string] {
  const equals = argument.indexOf('=')
  if (equals < 0) fail(`Failed to find equals sign in SCRAM argument '${argument}'`)
  const name = argument.slice(0, equals)
  const settings = argument.slice(equals + 1)
  if (!Object.hasOwn(MECHANISMS, name)) fail(`The add-scram mechanism ${name} is not supported.`)
  if (!settings.startsWith('[')) fail('Expected configuration string to start with [')
  if (!settings.endsWith(']')) fail('Expected configuration string to end with ]')
  return [MECHANISMS[name as keyof typeof MECHANISMS], settings.slice(1, -1)]
}

function parseComponent(text: string): [key: string, value: string] {
  const equals = text.indexOf('=')
  if (equals < 0) fail(`No equals sign found in SCRAM component: ${text}`)
  const value = text.slice(equals + 1)
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"')
  return [text.slice(0, equals), isQuoted ? value.slice(1, -1) : value]
}

function iterationsOf(text: string | undefined): number {
  if (text === undefined) return LEAST_ITERATIONS
  return parseJavaInteger(text, 32) ?? fail(`Failed to parse iterations count: ${text}`)
}

/** Java's decoder accepts the standard alphabet only, with or without padding. */
function base64(text: string, message: string): Buffer {
  const isValid = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1
  if (!isValid || (text.includes('=') && text.length % 4 !== 0)) fail(message)
  return Buffer.from(text, 'base64')
}

/** Kafka's salts are the text of a random 130 bit number in base 36. */
function randomSalt(): Buffer {
  const number = BigInt(`0x${randomBytes(17).toString('hex')}`) >> 6n
  return Buffer.from(number.toString(36))
}

function fail(message: string): never {
  throw terseExit(message)
}
