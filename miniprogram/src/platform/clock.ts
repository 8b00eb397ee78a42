/** The server's time: many a phone in the hills is hours off, and a visit must carry the time it had. */
import { ref } from 'vue'
import { keep, recall } from './pocket'

const SMALL = 90_000
const ahead = ref<number | null>(null)

export function now(): number {
  return Date.now() + (ahead.value ?? (ahead.value = recall<number>('clock') ?? 0))
}

/** What the server said its time is, in milliseconds, beside who one is. */
export function hear(serverTime: number | null): void {
  if (serverTime === null || !Number.isFinite(serverTime)) return
  const found = serverTime - Date.now()
  const next = Math.abs(found) < SMALL ? 0 : found
  if (ahead.value !== null && Math.abs(next - ahead.value) < SMALL) return
  ahead.value = next
  keep('clock', next)
}
