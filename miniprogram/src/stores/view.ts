/** How large the letters are and whether pages are read aloud: this phone's choice, also before anybody signs in. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { keep, recall } from '@/platform/pocket'

export type Size = 'normal' | 'large' | 'xl' | 'max'
export const SIZES: { key: Size; words: string; px: number }[] = [
  { key: 'normal', words: '普通', px: 16 },
  { key: 'large', words: '大', px: 22 },
  { key: 'xl', words: '更大', px: 26 },
  { key: 'max', words: '最大', px: 30 },
]

export const useView = defineStore('view', () => {
  const kept = recall<{ size: Size; reads: boolean }>('view')
  const size = ref<Size>(kept?.size ?? 'normal')
  const reads = ref(kept?.reads ?? true)

  const isElder = computed(() => size.value !== 'normal')
  const look = computed(() => (isElder.value ? `elder ${size.value}` : ''))

  function choose(next: Size): void {
    size.value = next
    keep('view', { size: next, reads: reads.value })
  }

  function read(next: boolean): void {
    reads.value = next
    keep('view', { size: size.value, reads: next })
  }

  return { size, reads, isElder, look, choose, read }
})
