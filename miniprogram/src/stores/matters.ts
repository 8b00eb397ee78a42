/** My matters and my desk: the last answers stay in the phone, so that they can be looked at without a signal. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { call, sentenceOf } from '@/api/call'
import type { Schema } from '@/api/types'
import { now } from '@/platform/clock'
import { keep, recall } from '@/platform/pocket'
import { inGroups, type Brief, type Matter } from '@/rules/matters'
import { useActing } from './acting'
import { useMe } from './me'

type Which = 'mine' | 'queue'
interface Page { cases: Brief[]; next: string | null }

const MOST_SEEN = 12

export const useMatters = defineStore('matters', () => {
  const me = useMe()
  const acting = useActing()
  const pages = ref<Record<Which, Page | null>>({ mine: null, queue: null })
  const trouble = ref('')

  const mine = computed(() => pages.value.mine?.cases ?? [])
  const queue = computed(() => pages.value.queue?.cases ?? [])
  const open = computed(() => mine.value.filter((one) => one.outcome === null))
  /** What I should look at first: whatever waits for my word, else the newest that is open. */
  const inHand = computed(() => open.value.find((one) => one.phase === 'word' && one.is_mine) ?? open.value[0] ?? null)
  const waiting = computed(() => queue.value.filter((one) => one.is_mine || one.is_late))
  const groups = computed(() => inGroups(queue.value, now()))

  /** Whoever acts for somebody looks at that person's matters: they are not mixed with one's own, and do not stay in this phone. */
  watch(() => acting.left?.for_person_id, () => { pages.value = { mine: null, queue: null } }, { flush: 'sync' })

  async function load(which: Which, more = false): Promise<void> {
    const place = `bundle.${which}.${me.owner}`
    if (!acting.left) pages.value[which] ??= recall<Page>(place)
    const known = pages.value[which]
    const after = more && known?.next ? `?after=${encodeURIComponent(known.next)}` : ''
    try {
      const page = await call<Schema<'CasesShape'>>('GET', `cases/${which}${after}`)
      pages.value[which] = { cases: after ? [...(known?.cases ?? []), ...page.cases] : page.cases, next: page.next }
      if (!after && !acting.left) keep(place, pages.value[which])
      trouble.value = ''
    } catch (failure) {
      trouble.value = sentenceOf(failure)
    }
  }

  const seenPlace = () => `bundle.seen.${me.owner}`

  /** The matters that were looked at last can be looked at again, and acted on, without a signal. */
  function keepSeen(matter: Matter): void {
    if (acting.left || !me.owner) return
    const others = (recall<Matter[]>(seenPlace()) ?? []).filter((one) => one.id !== matter.id)
    keep(seenPlace(), [matter, ...others].slice(0, MOST_SEEN))
  }

  function lastSeen(id: string): Matter | null {
    return acting.left ? null : (recall<Matter[]>(seenPlace())?.find((one) => one.id === id) ?? null)
  }

  return { pages, mine, queue, open, inHand, waiting, groups, trouble, load, keepSeen, lastSeen }
})
