import { api, bytes, int16, nullableBytes } from '../schema.ts'

/** A broker forwards a request to the controller in the name of the client it came from (KIP-590). */
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
