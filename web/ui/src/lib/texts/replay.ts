// Time: live, and the picture as it was known.
import type { Same } from './same'

export const es = {

} as const

export const en: Same<typeof es> = {

}
