/** The kinds of matters one may raise, with their forms; kept in the phone, so that one can be written without a signal. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { call } from '@/api/call'
import type { Schema } from '@/api/types'
import { keep, recall } from '@/platform/pocket'
import { useActing } from './acting'
import { useMe } from './me'

export type Kind = Schema<'KindShape'>

export const useCaseKinds = defineStore('case-kinds', () => {
  const me = useMe()
  const acting = useActing()
  const kinds = ref<Kind[]>([])

  /** At once from the phone, then from the server; throws only when there is nothing at all. */
  async function load(): Promise<void> {
    const place = `bundle.kinds.${me.owner}`
    kinds.value = recall<Kind[]>(place) ?? kinds.value
    const asked = call<Schema<'KindsShape'>>('GET', 'cases/kinds').then((answer) => {
      kinds.value = answer.kinds
      if (!acting.left) keep(place, answer.kinds)
    })
    if (kinds.value.length) void asked.catch(() => undefined)
    else await asked
  }

  return { kinds, load, named: (key: string) => kinds.value.find((one) => one.key === key) ?? null }
})
