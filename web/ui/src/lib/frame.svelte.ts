// What every part of the screen may use: the live picture, who sits here, and
// what is chosen.

import { createContext } from 'svelte'
import type { Alert, Areas, Role, Session } from './api'
import type { Live } from './live.svelte'
import type { Timeline } from './timeline.svelte'

export interface Frame {
  readonly live: Live
  readonly timeline: Timeline
  readonly session: Session
  readonly role: Role
  readonly exercise: boolean
  readonly areas: Areas | null
  /** The chosen alert, as it stands now; null: none, or it is not here yet. */
  readonly alert: Alert | null
  /** Says something to who hears the screen; at once only what cannot wait. */
  announce(text: string, urgent?: boolean): void
  /** Moves the map. */
  goTo(lat: number, lon: number): void
  /** Marks a place on the map and says it in every form. */
  tellPlace(lat: number, lon: number): void
  /** Moves the map only where the chosen track is not seen. */
  showTrack(at: { lat: number; lon: number }): void
  /** Chooses an alert and its track, and shows where it was. */
  chooseAlert(a: Alert): void
  chooseTrack(id: number): void
  /** Takes an alert as the server answered a decision. */
  decided(a: Alert): void
  signOut(): void
}

export const [frame, setFrame] = createContext<Frame>()
