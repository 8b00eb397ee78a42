/** For whom I act just now: chosen on the page 帮老人办, in sight on every page, and over as soon as I say so or close the app. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Schema } from '@/api/types'

export type Left = Schema<'LeftShape'>

export const useActing = defineStore('acting', () => {
  const left = ref<Left | null>(null)

  function begin(one: Left): void {
    left.value = one
  }

  function end(): void {
    left.value = null
  }

  return { left, begin, end }
})
