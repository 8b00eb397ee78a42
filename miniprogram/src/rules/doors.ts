/** What a scanned code or an opened link says: the token behind /d/, or nothing. */
const TOKEN = /^[0-9A-Za-z]{8,64}$/

export function doorToken(scanned: string): string | null {
  const text = decoded(scanned.trim())
  const last = text.replace(/[?#].*$/, '').replace(/\/+$/, '').split('/').pop() ?? ''
  const isLink = /\/d\/[0-9A-Za-z]+\/?$/.test(text.replace(/[?#].*$/, ''))
  return (isLink || !text.includes('/')) && TOKEN.test(last) ? last : null
}

/** A page is opened with ?t= by our own links, with ?q= or ?scene= by WeChat's scanner. */
export function tokenOfPage(query: Record<string, string | undefined>): string | null {
  const given = query.t ?? query.q ?? query.scene
  return given ? doorToken(given) : null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
