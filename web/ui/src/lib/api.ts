// The HTTP API as the server's OpenAPI description (/api/openapi.json) has it,
// as far as the screen uses it. Times are RFC 3339 in UTC; the year 1 means
// "none". Each topic has a file of its own.

import { alerts } from './api/alerts'
import { areas } from './api/areas'
import { assets } from './api/assets'
import { authorities } from './api/authorities'
import { cameras } from './api/cameras'
import { casework } from './api/casework'
import { people } from './api/people'
import { permits } from './api/permits'
import { regard } from './api/regard'
import { rules } from './api/rules'
import { sensors } from './api/sensors'
import { terrain } from './api/terrain'
import { tracks } from './api/tracks'

export * from './api/alerts'
export * from './api/areas'
export * from './api/assets'
export * from './api/authorities'
export * from './api/call'
export * from './api/cameras'
export * from './api/casework'
export * from './api/people'
export * from './api/permits'
export * from './api/regard'
export * from './api/rules'
export * from './api/sensors'
export * from './api/system'
export * from './api/terrain'
export * from './api/tracks'

export const api = { ...alerts, ...areas, ...assets, ...authorities, ...cameras, ...casework, ...people, ...permits, ...regard, ...rules, ...sensors, ...terrain, ...tracks }
