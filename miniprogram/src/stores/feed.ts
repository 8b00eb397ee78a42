/** The feed of branch, village and town: posts as they come, one's own taps at once, and words that survive without a signal. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call, NoSignal, sentenceOf } from '@/api/call'
import type { Schema } from '@/api/types'
import { now } from '@/platform/clock'
import { liked, tabsOf, type Comment, type Post, type Reach } from '@/rules/feed'
import { newId } from '@/rules/ids'
import { useMe } from './me'
import { useOutbox } from './outbox'

export const useFeed = defineStore('feed', () => {
  const me = useMe()
  const outbox = useOutbox()
  const chosen = ref<Reach | null>(null)
  const month = ref<Schema<'FeedMonthShape'> | null>(null)
  const posts = ref<Post[] | null>(null)
  const unseen = ref<Post[]>([])
  const next = ref<string | null>(null)
  const trouble = ref('')
  const muted = ref(new Set<string>())
  const shown = computed(() => [...unseen.value, ...(posts.value ?? [])])

  const tabs = computed(() => tabsOf(Boolean(me.me?.branch)))
  const reach = computed<Reach>(() => (tabs.value.find((tab) => tab.reach === chosen.value) ?? tabs.value[0]!).reach)

  async function load(fresh: boolean): Promise<void> {
    const wanted = reach.value
    try {
      const page = await call<Schema<'FeedShape'>>('GET', `feed?area=${wanted}${!fresh && next.value ? `&after=${next.value}` : ''}`)
      if (wanted !== reach.value) return
      posts.value = fresh ? page.posts : [...(posts.value ?? []), ...page.posts]
      if (fresh) unseen.value = page.unseen
      next.value = page.next
      trouble.value = ''
    } catch (failure) {
      trouble.value = sentenceOf(failure)
    }
    if (fresh) await count(wanted)
  }

  /** The month's sentence; the posts are worth looking at without it. */
  async function count(wanted: Reach): Promise<void> {
    const found = await call<Schema<'FeedMonthShape'>>('GET', `feed/month?area=${wanted}`).catch(() => null)
    if (wanted === reach.value) month.value = found
  }

  function choose(far: Reach): void {
    chosen.value = far
    posts.value = month.value = null
    unseen.value = []
    void load(true)
  }

  function change(id: string, into: (post: Post) => Post): void {
    posts.value = posts.value?.map((post) => (post.id === id ? into(post) : post)) ?? null
  }

  /** At once on this phone; it is sent now, or when there is a signal. */
  async function like(post: Post): Promise<void> {
    const likes = !post.is_liked
    change(post.id, (one) => liked(one, likes))
    const body = { id: newId(now()), made_at: new Date(now()).toISOString(), likes }
    try {
      const stands = await call<Schema<'LikeShape'>>('POST', `feed/${post.id}/like`, body)
      change(post.id, (one) => ({ ...one, is_liked: stands.is_liked, like_count: stands.like_count }))
    } catch (failure) {
      if (failure instanceof NoSignal) return keep('post_like', body, post.id, `给${post.author}点赞`)
      change(post.id, (one) => liked(one, !likes))
      trouble.value = sentenceOf(failure)
    }
  }

  /** Say something under a post; true when the server has it, false when it waits in the phone. */
  async function say(post: Post, words: string): Promise<boolean> {
    const body = { id: newId(now()), words }
    try {
      await call<Schema<'CommentedShape'>>('POST', `feed/${post.id}/comments`, body)
      change(post.id, (one) => ({ ...one, comment_count: one.comment_count + 1 }))
      return true
    } catch (failure) {
      if (!(failure instanceof NoSignal)) throw failure
      await keep('comment', body, post.id, `对${post.author}说一句`)
      return false
    }
  }

  async function keep(kind: string, body: { id: string }, post: string, title: string): Promise<void> {
    await outbox.add({ id: body.id, kind, title, household: null, body: { ...body, post_id: post }, files: [] })
  }

  async function comments(post: string, after: string | null): Promise<Schema<'CommentsShape'>> {
    return call<Schema<'CommentsShape'>>('GET', `feed/${post}/comments${after ? `?after=${after}` : ''}`)
  }

  async function takeBack(said: Comment, post: string): Promise<void> {
    await call('POST', `feed/comments/${said.id}/take-back`, { id: newId(now()) })
    if (said.state === 'shown') change(post, (one) => ({ ...one, comment_count: Math.max(0, one.comment_count - 1) }))
  }

  async function mute(post: string, on: boolean): Promise<void> {
    await call(on ? 'POST' : 'DELETE', `feed/${post}/mute`)
    const next = new Set(muted.value)
    if (on) next.add(post)
    else next.delete(post)
    muted.value = next
  }

  /** Take a post in, as a cadre; it leaves this list. */
  async function hold(post: string, reason: string): Promise<void> {
    await call('POST', `feed/${post}/hold`, { reason })
    posts.value = posts.value?.filter((one) => one.id !== post) ?? null
  }

  const mayHold = computed(() => me.may('feed.hold'))
  return { reach, tabs, month, posts, unseen, shown, next, trouble, muted, mayHold, load, choose, like, say, comments, takeBack, mute, hold }
})
