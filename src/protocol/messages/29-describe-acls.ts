import { api, array, int8, int16, int32, nullableString, string } from '../schema.ts'

/** Lists the access rules that match a filter (KIP-140). Version 3 knows rules about users (KIP-373). */
export const DescribeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    resourceTypeFilter: int8(),
    resourceNameFilter: nullableString(),
    patternTypeFilter: int8({ default: 3 }),
    principalFilter: nullableString(),
    hostFilter: nullableString(),
    operation: int8(),
    permissionType: int8(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullableString(),
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8({ default: 3 }),
      acls: array({
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
})
