/**
 * The language messages are declared in. Property order is wire order, versions live on the fields, and the
 * TypeScript type of a message is inferred from its declaration. `codec.ts` compiles encoders and decoders from it.
 */

/** Bytes of a `records` field: one slice, or several that are written one after the other without being joined. */
export type Records = Buffer | readonly Buffer[]

/** A tagged field this version does not know (KIP-482): kept as it came, written back as it was. */
export interface UnknownTaggedField {
  readonly tag: number
  readonly data: Buffer
}

export type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'int64Wide'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid'

declare const decoded: unique symbol
declare const encodable: unique symbol

/** One field. `D` is what decoding yields, `E` what encoding accepts. */
export interface Field<D = unknown, E = unknown> extends FieldOptions {
  readonly type: Primitive | 'array' | 'struct'
  readonly nullable: boolean
  /** Fields of a struct. */
  readonly fields?: Fields
  /** Element of an array. */
  readonly element?: Field
  readonly [decoded]?: D
  readonly [encodable]?: E
}

export interface FieldOptions<T = unknown> {
  /** First and last message version that carries the field; all when absent. */
  readonly since?: number
  readonly until?: number
  /** First and last version in which null may be written; all versions of a nullable field when absent. */
  readonly nullableSince?: number
  readonly nullableUntil?: number
  /** Tag of a tagged field (KIP-482); written only when it differs from its default. */
  readonly tag?: number
  /** Value when left out, and in versions without the field. Absent: the type's zero; null stands for null. */
  readonly default?: T
  /** Encoding a value other than the default in a version without the field is no error. */
  readonly ignorable?: boolean
  /** A string that keeps its two-byte length in flexible versions (the request header's client id). */
  readonly neverFlexible?: boolean
}

export type Fields = { readonly [name: string]: Field<unknown, unknown> }

type DecodedOf<F> = F extends Field<infer D, unknown> ? D : never
type EncodableOf<F> = F extends Field<unknown, infer E> ? E : never

/** What decoding a struct yields: every field present, those its version lacks with their default. */
export type Decoded<S extends Fields> = { -readonly [K in keyof S]: DecodedOf<S[K]> } & {
  unknownTaggedFields?: readonly UnknownTaggedField[]
}

/** What encoding a struct takes: fields left out take the default of the schema. */
export type Encodable<S extends Fields> = { readonly [K in keyof S]?: EncodableOf<S[K]> } & {
  readonly unknownTaggedFields?: readonly UnknownTaggedField[]
}

function scalar<T>(type: Primitive, nullable = false) {
  return (options: FieldOptions<T> = {}): Field<T, T> => ({ ...options, type, nullable })
}

export const bool = scalar<boolean>('bool')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const uint16 = scalar<number>('uint16')
export const int32 = scalar<number>('int32')
export const uint32 = scalar<number>('uint32')
/** An int64 that Kafka itself assigns (offset, id, epoch): a safe integer, else the message is refused. */
export const int64 = scalar<number>('int64')
/** An int64 that a user may choose (timestamp, committed offset): a bigint where number would round it. */
export const int64Wide = scalar<number | bigint>('int64Wide')
export const float64 = scalar<number>('float64')
export const string = scalar<string>('string')
export const bytes = scalar<Buffer>('bytes')
/** 16 bytes, in the base64 form that Kafka prints (22 characters). The zero id is `AAAAAAAAAAAAAAAAAAAAAA`. */
export const uuid = scalar<string>('uuid')
export const nullableString = scalar<string | null>('string', true)
export const nullableBytes = scalar<Buffer | null>('bytes', true)

/** Record batches: decoded as one slice of the frame, encoded from one or several slices, never copied. */
export function records(options: FieldOptions<null> = {}): Field<Buffer | null, Records | null> {
  return { ...options, type: 'records', nullable: true, default: null }
}

type ElementOf<T> = T extends Field ? T : T extends Fields ? StructField<T> : never
type StructField<S extends Fields> = Field<Decoded<S>, Encodable<S>>
type ArrayField<T> = Field<DecodedOf<ElementOf<T>>[], readonly EncodableOf<ElementOf<T>>[]>
type OrNull<F> = F extends Field<infer D, infer E> ? Field<D | null, E | null> : never

function elementOf(element: Field | Fields): Field {
  return isField(element) ? element : { type: 'struct', nullable: false, fields: element }
}

function isField(value: Field | Fields): value is Field {
  return typeof value.type === 'string'
}

/** An array of a field type, or of structs given by their fields. */
export function array<const T extends Field | Fields>(element: T, options: FieldOptions = {}): ArrayField<T> {
  return { ...options, type: 'array', nullable: false, element: elementOf(element) } as ArrayField<T>
}

export function nullableArray<const T extends Field | Fields>(
  element: T,
  options: FieldOptions<null> = {},
): OrNull<ArrayField<T>> {
  return { ...options, type: 'array', nullable: true, element: elementOf(element) } as OrNull<ArrayField<T>>
}

export function struct<const S extends Fields>(fields: S, options: FieldOptions = {}): StructField<S> {
  return { ...options, type: 'struct', nullable: false, fields } as StructField<S>
}

export function nullableStruct<const S extends Fields>(
  fields: S,
  options: FieldOptions<null> = {},
): OrNull<StructField<S>> {
  return { ...options, type: 'struct', nullable: true, fields } as OrNull<StructField<S>>
}

/** A message that stands alone: a request, a response, a record of an internal log, a snapshot. */
export interface Message<S extends Fields = Fields> {
  /** Apache Kafka's name of it, such as `FetchRequest`. */
  readonly name: string
  /** Type key of a metadata or coordinator record. */
  readonly key?: number
  /** Oldest and newest version. */
  readonly versions: readonly [number, number]
  /** First version with compact lengths and tagged fields (KIP-482); absent when none has. */
  readonly flexibleSince?: number
  readonly fields: S
}

export function message<const S extends Fields>(declaration: Message<S>): Message<S> {
  return declaration
}

export type DecodedMessage<M> = M extends Message<infer S> ? Decoded<S> : never
export type EncodableMessage<M> = M extends Message<infer S> ? Encodable<S> : never

export type ListenerRole = 'broker' | 'controller'

/** One API: a request and its response, which share versions. */
export interface Api<Req extends Fields = Fields, Res extends Fields = Fields> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [number, number]
  readonly flexibleSince?: number
  /** Which listeners Apache Kafka serves it on. */
  readonly listeners: readonly ListenerRole[]
  /** The newest version exists but is not offered by default. */
  readonly latestVersionUnstable: boolean
  readonly request: Message<Req>
  readonly response: Message<Res>
}

/** Declares an API. Listeners default to the broker's. */
export function api<const Req extends Fields, const Res extends Fields>(declaration: {
  readonly key: number
  readonly name: string
  readonly versions: readonly [number, number]
  readonly flexibleSince?: number
  readonly listeners?: readonly ListenerRole[]
  readonly latestVersionUnstable?: boolean
  readonly request: Req
  readonly response: Res
}): Api<Req, Res> {
  const { key, name, versions, flexibleSince, request, response } = declaration
  return {
    key,
    name,
    versions,
    flexibleSince,
    listeners: declaration.listeners ?? ['broker'],
    latestVersionUnstable: declaration.latestVersionUnstable ?? false,
    request: { name: `${name}Request`, versions, flexibleSince, fields: request },
    response: { name: `${name}Response`, versions, flexibleSince, fields: response },
  }
}

/** Any API, when its fields do not matter. */
export type AnyApi = Api

/** A request as a handler reads it. */
export type RequestOf<A> = A extends Api<infer Req, Fields> ? Decoded<Req> : never
/** A response as a client reads it. */
export type ResponseOf<A> = A extends Api<Fields, infer Res> ? Decoded<Res> : never
/** A request as a client writes it. */
export type RequestInput<A> = A extends Api<infer Req, Fields> ? Encodable<Req> : never
/** A response as a handler writes it. */
export type ResponseInput<A> = A extends Api<Fields, infer Res> ? Encodable<Res> : never

export function isFlexible(message: { readonly flexibleSince?: number }, version: number): boolean {
  return message.flexibleSince !== undefined && version >= message.flexibleSince
}
