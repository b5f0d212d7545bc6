import { api, bytes, int16, nullableBytes } from '../schema.ts'

export const Envelope = api({
  key: 58,
  name: 'Envelope',
  versions: [0, 0],
  flexibleSince: 0,
  listeners: ['controller'],
  request: {
    requestData: bytes(),
    requestPrincipal: nullableBytes(),
    clientHostAddress: bytes(),
  },
  response: {
    responseData: nullableBytes({ default: null }),
    errorCode: int16(),
  },
})
