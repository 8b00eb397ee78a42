/** What the signed-in person is and may do; kept in the phone, so that the app opens without a signal. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call } from '@/api/call'
import type { Schema } from '@/api/types'
import { forgetAll, keep, recall } from '@/platform/pocket'
import { may, mayInArea, partOf } from '@/rules/access'
import { useSession } from './session'

type Me = Schema<'MeShape'>
type Home = Schema<'MyHouseholdShape'>

export const useMe = defineStore('me', () => {
  const session = useSession()
  const me = ref<Me | null>(null)
  const home = ref<Home | null>(null)
  let of: string | null = null
  let asking: Promise<void> | null = null

  const part = computed(() => partOf(me.value?.functions ?? []))
  const owner = computed(() => me.value?.account_id ?? '')
  const unread = computed(() => me.value?.unread_count ?? 0)

  /** The person of this session: at once from the phone, then from the server. */
  async function load(): Promise<void> {
    await session.arrive()
    if (!session.token) {
      me.value = home.value = null
      return
    }
    if (of !== session.token) {
      const known = recall<{ token: string; me: Me; home: Home | null }>('me')
      me.value = known?.token === mark(session.token) ? known.me : null
      home.value = me.value ? (known?.home ?? null) : null
      of = session.token
    }
    if (me.value) void refresh().catch(() => undefined)
    else await refresh()
  }

  /** Ask once, however many pages want to know at the same moment. */
  function refresh(): Promise<void> {
    return (asking ??= ask().finally(() => { asking = null }))
  }

  async function ask(): Promise<void> {
    const fresh = await call<Me>('GET', 'me')
    me.value = fresh
    if (fresh.person?.household_id && may(fresh.functions, 'households.read')) {
      home.value = await call<Home>('GET', 'me/household').catch(() => home.value)
    }
    await session.stay()
    of = session.token
    if (session.token) keep('me', { token: mark(session.token), me: fresh, home: home.value })
  }

  /** Everything this account has left in the phone, except what has not been sent. */
  function leave(): void {
    forgetAll('me')
    forgetAll('bundle')
    me.value = home.value = null
    of = null
  }

  return {
    me, home, part, owner, unread, load, refresh, leave,
    may: (permission: string) => may(me.value?.functions ?? [], permission),
    mayInArea: (permission: string) => mayInArea(me.value?.functions ?? [], permission),
  }
})

/** Tells two sessions apart without keeping a token in a second place. */
function mark(token: string): string {
  return token.slice(-12)
}
