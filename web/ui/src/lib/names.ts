// Names of the numbers in frames, as docs/protocol.md lists them. They are the
// names that the JSON of the API has, and the ends of our text keys.

export const domains = ['unknown', 'water', 'land', 'air'] as const

export const kinds = [
  'unknown', 'vessel', 'aircraft', 'rotorcraft', 'glider', 'drone', 'vehicle', 'walker',
  'base-station', 'aid-to-navigation', 'distress-beacon',
] as const

export const statuses = ['tentative', 'confirmed', 'coasting', 'ended'] as const

export const distresses = [
  '', 'ais-sart', 'man-overboard', 'epirb', 'safety-text', 'emergency',
  'radio-failure', 'unlawful-interference', 'status-distress',
] as const

export const datums = ['none', 'ellipsoid', 'sea', 'ground', 'pressure'] as const
