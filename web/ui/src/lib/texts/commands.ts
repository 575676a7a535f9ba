// What the keys and the search box do.
import type { Same } from './same'

export const es = {

} as const

export const en: Same<typeof es> = {

}
