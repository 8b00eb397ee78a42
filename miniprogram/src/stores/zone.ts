/** The zone bundle: the households I answer for and my month, one small answer each, kept in the phone for the hills. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call, sentenceOf } from '@/api/call'
import type { Schema } from '@/api/types'
import { now } from '@/platform/clock'
import { keep, recall } from '@/platform/pocket'
import { inGroups, walked } from '@/rules/zone'
import { useMe } from './me'
import { useOutbox } from './outbox'

interface Bundle { zone: Schema<'ZoneShape'>; keptAt: number }

export const useZone = defineStore('zone', () => {
  const me = useMe()
  const outbox = useOutbox()
  const bundle = ref<Bundle | null>(null)
  const trouble = ref('')
  const isLoading = ref(false)

  const kept = computed(() => new Set(outbox.unsent.filter((item) => item.kind === 'visit' && item.household).map((item) => item.household!)))
  const groups = computed(() => inGroups(bundle.value?.zone.households ?? [], kept.value))
  const progress = computed(() => {
    const zone = bundle.value?.zone
    const keptOwed = zone?.households.filter((one) => one.is_owed && kept.value.has(one.id)).length ?? 0
    return zone ? walked(zone.total, zone.owed, keptOwed) : null
  })

  async function load(): Promise<void> {
    const place = `bundle.${me.owner}`
    bundle.value ??= recall<Bundle>(place)
    isLoading.value = true
    try {
      const zone = await call<Schema<'ZoneShape'>>('GET', 'zone/households')
      bundle.value = { zone, keptAt: now() }
      keep(place, bundle.value)
      trouble.value = ''
    } catch (failure) {
      trouble.value = sentenceOf(failure)
    } finally {
      isLoading.value = false
    }
  }

  function named(id: string) {
    bundle.value ??= recall<Bundle>(`bundle.${me.owner}`)
    return bundle.value?.zone.households.find((one) => one.id === id) ?? null
  }

  return { bundle, groups, progress, trouble, isLoading, load, named }
})
