/** What can be declared here, with its rules: kept in the phone, so that the form opens without a signal. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { call } from '@/api/call'
import type { Schema } from '@/api/types'
import { keep, recall } from '@/platform/pocket'
import type { Kind } from '@/rules/deeds'

export const useDeedKinds = defineStore('deed-kinds', () => {
  const kinds = ref<Kind[]>([])

  /** At once from the phone, then from the server; whoever has neither is told why. */
  async function load(): Promise<void> {
    if (!kinds.value.length) kinds.value = recall<Kind[]>('deed-kinds') ?? []
    const fresh = call<Schema<'AppraisalKindsShape'>>('GET', 'appraisals/kinds').then((told) => {
      kinds.value = told.kinds
      keep('deed-kinds', told.kinds)
    })
    await (kinds.value.length ? fresh.catch(() => undefined) : fresh)
  }

  const of = (key: string): Kind | null => kinds.value.find((one) => one.key === key) ?? null

  return { kinds, load, of }
})
