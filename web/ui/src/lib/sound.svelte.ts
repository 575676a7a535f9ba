// Sound for new alerts: made here, by priority, so that one hears without
// looking how urgent it is. It can be muted for a stated time only, and a
// browser gives none before the first key or click: both are shown.

import { recall, remember } from './remembered'

export const MUTE_MS = 10 * 60_000
/** So often an alert of top priority calls until somebody takes it. */
export const AGAIN_MS = 15_000

interface Note {
  hz: number
  at: number // s from the beginning
  long: number // s
}

/** The tones of a priority, 1 to 4: more, higher and faster the more urgent; told apart by rhythm alone too. */
export function tones(priority: number): Note[] {
  switch (priority) {
    case 4:
      return [0, 1, 2, 3, 4, 5].map((i) => ({ hz: i % 2 ? 740 : 988, at: i * 0.16, long: 0.13 }))
    case 3:
      return [0, 1, 2].map((i) => ({ hz: 784, at: i * 0.2, long: 0.14 }))
    case 2:
      return [{ hz: 523, at: 0, long: 0.16 }, { hz: 659, at: 0.22, long: 0.2 }]
    default:
      return [{ hz: 440, at: 0, long: 0.22 }]
  }
}

const isTime = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v)
const isVolume = (v: unknown): v is number => isTime(v) && v >= 0 && v <= 1

export class Sound {
  /** The browser lets us be heard. */
  ready = $state(false)
  /** Until when it is silent, ms since 1970 by this computer; 0: it is not. */
  mutedUntil = $state(recall('muted', isTime, 0))
  volume = $state(recall('volume', isVolume, 0.5))
  private context: AudioContext | null = null

  /** Waits for the first key or click; gives its end. */
  begin(): () => void {
    const start = () => {
      this.context ??= new AudioContext()
      void this.context.resume().then(() => (this.ready = true), () => undefined) // no sound device: the notice stays
    }
    if (navigator.userActivation?.hasBeenActive) start()
    addEventListener('click', start) // not before: what is said of the sound changes its width, and the click would miss
    addEventListener('keydown', start)
    return () => {
      removeEventListener('click', start)
      removeEventListener('keydown', start)
      void this.context?.close()
      this.context = null
      this.ready = false
    }
  }

  /** How long it stays silent from `now` on, ms. */
  mutedFor(now: number): number {
    return Math.max(0, Math.min(this.mutedUntil - now, MUTE_MS))
  }

  mute(now: number) {
    this.take(now + MUTE_MS)
  }

  unmute() {
    this.take(0)
  }

  setVolume(volume: number) {
    this.volume = volume
    remember('volume', volume)
  }

  play(priority: number) {
    const c = this.context
    if (!c || this.mutedFor(Date.now()) > 0 || this.volume === 0) return
    const out = c.createGain()
    out.gain.value = this.volume * (priority >= 3 ? 0.5 : 0.3)
    out.connect(c.destination)
    for (const { hz, at, long } of tones(priority)) {
      const from = c.currentTime + at
      const tone = c.createOscillator()
      const shape = c.createGain()
      tone.type = priority >= 3 ? 'triangle' : 'sine'
      tone.frequency.value = hz
      // No clicks: it swells and fades.
      shape.gain.setValueAtTime(0, from)
      shape.gain.linearRampToValueAtTime(1, from + 0.015)
      shape.gain.setValueAtTime(1, from + long - 0.04)
      shape.gain.linearRampToValueAtTime(0, from + long)
      tone.connect(shape).connect(out)
      tone.start(from)
      tone.stop(from + long)
    }
  }

  private take(until: number) {
    this.mutedUntil = until
    remember('muted', until)
  }
}

export const sound = new Sound()
