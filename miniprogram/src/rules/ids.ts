/** The ids a phone makes before it sends anything: uuid7, so that they sort by time. */
export function newId(now: number = Date.now(), random: (bytes: Uint8Array) => void = fill): string {
  const bytes = new Uint8Array(16)
  random(bytes)
  for (let place = 5, rest = now; place >= 0; place--, rest = Math.floor(rest / 256)) bytes[place] = rest % 256
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The mini-program has no crypto object; an id need not be secret there, only its own. */
function fill(bytes: Uint8Array): void {
  if (typeof crypto !== 'undefined' && crypto.getRandomValues) crypto.getRandomValues(bytes)
  else for (let place = 0; place < bytes.length; place++) bytes[place] = Math.floor(Math.random() * 256)
}
