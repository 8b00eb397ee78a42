/** Who holds this phone: a token, found again after the app was closed, and the way to get one. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { call, Refused, sentenceOf, wire } from '@/api/call'
import type { Schema } from '@/api/types'
import { now } from '@/platform/clock'
import { codeInAddress, codeOfWeChat, entry, leaveFor } from '@/platform/entry'
import { forget, keep, recall } from '@/platform/pocket'
import { isH5 } from '@/platform/where'
import { useActing } from './acting'

type Opened = Schema<'SessionShape'>
const RENEW_BEFORE = 2 * 86_400_000

/** A browser tab keeps its own person, so that two people may look side by side; a new tab starts with whoever came in last. */
const tab = isH5 && typeof sessionStorage !== 'undefined' ? sessionStorage : null

export const useSession = defineStore('session', () => {
  const acting = useActing()
  const token = ref<string | null>(null)
  const miniProgram = ref('')
  const trouble = ref('')
  /** The server no longer knows the token: whoever was in comes in once more. */
  const hasEnded = ref(false)
  let expires = 0
  let arriving: Promise<void> | null = null

  function settle(opened: Opened): void {
    token.value = opened.token
    expires = Date.parse(opened.expires_at)
    hasEnded.value = false
    keep('session', opened)
    tab?.setItem('lianxin.session', JSON.stringify(opened))
  }

  function lose(): void {
    token.value = null
    acting.end()
    if (!isH5) arriving = null // WeChat signs in again without a tap
    forget('session')
    tab?.removeItem('lianxin.session')
  }

  function end(): void {
    lose()
    hasEnded.value = true
  }

  /** Find the session again, or turn WeChat's code into one; every page waits for this. */
  function arrive(): Promise<void> {
    return (arriving ??= begin())
  }

  async function begin(): Promise<void> {
    wire({ token: () => token.value, lost: end, actsFor: () => acting.left?.for_person_id ?? null })
    const code = codeInAddress('code')
    const own = tab?.getItem('lianxin.session')
    const known = own ? (JSON.parse(own) as Opened) : recall<Opened>('session')
    if (code) await exchange(code)
    else if (known) settle(known)
    else if (!isH5) await signIn('')
  }

  async function exchange(code: string): Promise<void> {
    try {
      settle(await call<Opened>('POST', 'session', { code }))
      trouble.value = ''
    } catch (failure) {
      lose()
      trouble.value = sentenceOf(failure)
    }
  }

  /** A fresh token when the old one ends soon; asked once the server's time is known, because many a phone's clock is wrong. */
  async function stay(): Promise<void> {
    if (!token.value || expires - now() > RENEW_BEFORE) return
    try {
      settle(await call<Opened>('POST', 'session/renew'))
    } catch (failure) {
      if (failure instanceof Refused && failure.status === 401) end()
    }
  }

  /** Sign in: in the mini-program at once; in a browser by way of WeChat's page, which leads back to `page`. */
  async function signIn(page: string): Promise<void> {
    trouble.value = ''
    try {
      if (!isH5) return await exchange(await codeOfWeChat())
      const way = await entry()
      miniProgram.value = way.mini_program
      if (way.sign_in) leaveFor(way.sign_in, page)
      else window.location.href = way.mini_program
    } catch (failure) {
      trouble.value = sentenceOf(failure)
    }
  }

  async function signOut(): Promise<void> {
    await call('DELETE', 'session').catch(() => undefined)
    lose()
  }

  return { token, trouble, hasEnded, miniProgram, arrive, stay, signIn, signOut, lose }
})
